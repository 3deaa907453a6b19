"""The live figures equal those of an independent program, and list each chat."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.rules.menus import publish_menu
from chats.models import Chat, Clock, Delivery, GatewayAccount
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.reports import live
from hci_center.times import as_time
from tests import builders
from tests.chats.rules.conftest import connect, pause
from tests.chats.rules.living import Life
from tests.chats.rules.running import run_tasks
from tests.conftest import Api, signed_in
from tests.menus import MENU
from tests.reports.independent import Row, Rows
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
NUMBER = 551144440021
ADMINISTRATOR = Caller("administrator", "user:1", None)
DISJOINT = ("waiting", "claimed", "in_service", "with_bot")


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    live.forget()


@pytest.fixture
def centre(db: None) -> Centre:
    return Centre(NUMBER, has_hours=False)


@pytest.fixture
def api(centre: Centre) -> Api:
    return Api(builders.make_key(centre.manager))


def now(centre: Centre) -> Any:
    live.forget()
    return live.now(ADMINISTRATOR, centre.manager.pk)


def counted(tiles: Any) -> dict[str, int]:
    return {name: tile["n"] for name, tile in tiles.items() if tile["n"]}


def places(episode: Row, contact: Row) -> set[str]:
    """Returns where an open chat is, by its lines and messages."""
    if episode["left"] is None:
        return {"with_bot"}
    found = {"awaiting" if contact["waiting_since"] is None else "owed"}
    holder = episode["lines"][-1]["operator_id"]
    if holder is None:
        return found | {"waiting"}
    run = list(episode["lines"])
    while run[:-1] and run[-2]["operator_id"] == holder:
        run.pop()
    begins = run[-1]["at"]
    if any(s["who"] == "human" and s["at"] >= begins for s in episode["said"]):
        return found | {"in_service"}
    return found | {"claimed"}


def act(life: Life, centre: Centre, chance: random.Random) -> None:
    """Does one thing to the chat, if possible."""
    row, chat = life.row, life.chat
    if chat is None:
        return chance.choice((life.writes, life.opened))()
    choices: list[Any] = [life.writes, life.bot_writes, life.phone_writes]
    choices.append(lambda: life.moved(chance.choice((centre.sales, centre.support))))
    if row.operator is not None:
        choices += [lambda: life.answered(row.operator)] * 3
        choices += [lambda: life.given(None), lambda: life.given(centre.bruno)]
    else:
        choices += [lambda: life.claimed(centre.ana)] * 2
    if chance.random() < 0.1:
        return life.closed()
    return chance.choice(choices)()


@pytest.mark.parametrize("seed", range(3))
def test_every_open_chat_is_counted(centre: Centre, api: Api, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    lives = [
        Life(api, centre.manager, builders.make_contact(centre.manager, area=area))
        for area in (None, None, None, centre.sales) * 3
    ]
    for life in lives:
        for _ in range(chance.randint(1, 6)):
            act(life, centre, chance)
    rows, answer = Rows(), now(centre)
    total: Counter[str] = Counter()
    areas: dict[int | None, Counter[str]] = {}
    people: dict[int, Counter[str]] = {}
    for episode in rows.episodes:
        if episode["ends"] is not None:
            continue
        contact = rows.contacts[episode["contact"]]
        found = places(episode, contact)
        total.update(found)
        areas.setdefault(contact["area_id"], Counter()).update(found)
        if contact["operator_id"]:
            held = people.setdefault(contact["operator_id"], Counter())
            held.update(found & {"claimed", "owed"})
            held["held"] += 1
    of_chats = {name: answer["tiles"][name] for name in live.CHATS}
    assert counted(of_chats) == total
    assert sum(total[name] for name in DISJOINT) == Chat.objects.open().count()
    by_code = {row["area"]: counted(row["tiles"]) for row in answer["areas"]}
    for area in (None, centre.sales, centre.support):
        found = areas.get(area and area.pk, Counter())
        assert by_code.get(area.code if area else "", {}) == found
    for row in answer["operators"]:
        own = people.get(int(row["operatorId"]), Counter())
        for name in ("held", "claimed", "owed"):
            assert row[name] == own[name]


def test_the_longest_wait_and_the_90th_percentile(centre: Centre) -> None:
    begin = datetime(2026, 11, 3, 9, tzinfo=UTC)
    for minute in range(12):
        contact = builders.make_contact(centre.manager, area=centre.sales)
        opened = begin + timedelta(minutes=minute)
        builders.make_chat(contact, opened_at=opened)
    # Opened long ago and released now: it has waited since its release.
    Contact.objects.filter(pk=contact.pk).update(queued_at=opened + timedelta(hours=1))
    answer = now(centre)
    waiting = answer["tiles"]["waiting"]
    # Eleven of twelve do not wait longer than the second.
    assert waiting == {
        "n": 12,
        "oldest": as_time(begin),
        "p90": as_time(begin + timedelta(minutes=1)),
    }
    longest = answer["longest"]
    assert [row["since"] for row in longest] == [
        as_time(begin + timedelta(minutes=minute)) for minute in range(10)
    ]
    assert (longest[0]["m"], longest[0]["area"]) == (NUMBER, "vendas")


def test_chats_in_the_menu_and_those_stuck_in_it(centre: Centre, api: Api) -> None:
    publish_menu(centre.manager.pk, MENU)
    life = Life(api, centre.manager)
    life.writes()
    run_tasks()
    assert counted(now(centre)["tiles"]) == {"with_bot": 1, "unsent": 1}
    Contact.objects.filter(pk=life.contact.pk).update(
        last_in_at=timezone.now() - timedelta(minutes=6)
    )
    # The last message is the menu's.
    assert "forgotten" not in counted(now(centre)["tiles"])
    old = timezone.now() - timedelta(minutes=6)
    Contact.objects.filter(pk=life.contact.pk).update(
        last_in_at=old, last_message_at=old
    )
    assert now(centre)["tiles"]["forgotten"] == {
        "n": 1,
        "oldest": as_time(old),
        "p90": as_time(old),
    }


def test_chats_that_nobody_can_take(centre: Centre) -> None:
    sold = builders.make_contact(centre.manager, area=centre.sales)
    held = builders.make_contact(centre.manager, operator=centre.bruno)
    for contact in (sold, held, builders.make_contact(centre.manager)):
        builders.make_chat(contact)
    assert "without_home" not in counted(now(centre)["tiles"])
    # Ana alone serves sales; her account is disabled. Bruno is still there.
    centre.ana.user = builders.make_supervisor()
    centre.ana.user.is_active = False
    centre.ana.user.save()
    centre.ana.save()
    assert now(centre)["tiles"]["without_home"]["n"] == 1
    type(centre.bruno).objects.filter(pk=centre.bruno.pk).update(is_active=False)
    answer = now(centre)
    assert answer["tiles"]["without_home"]["n"] == 3
    # An inactive operator is shown while he has chats.
    assert [(row["operatorId"], row["held"]) for row in answer["operators"]] == [
        (str(centre.bruno.pk), 1)
    ]


def test_targets_at_risk_and_breached(centre: Centre) -> None:
    begin = timezone.now()
    for risk, due in ((-9, -5), (-5, 5), (-5, None), (5, 9)):
        chat = builders.make_chat(builders.make_contact(centre.manager))
        for kind, minutes in (("queue", 0), ("first", 60)):
            Clock.objects.create(
                chat=chat, kind=kind, target=60, started_at=begin,
                risk_at=begin + timedelta(minutes=risk + minutes),
                due_at=due and begin + timedelta(minutes=due + minutes),
            )  # fmt: skip
    tiles = now(centre)["tiles"]
    assert (tiles["at_risk"]["n"], tiles["breached"]["n"]) == (2, 1)
    assert tiles["breached"]["oldest"] == as_time(begin - timedelta(minutes=5))


def test_presence_and_messages_that_are_not_sent(centre: Centre) -> None:
    GatewayAccount.objects.create(
        manager=centre.manager, channel="whatsapp", state="closed"
    )
    GatewayAccount.objects.create(
        manager=centre.manager, channel="facebook", state="open"
    )
    contact = builders.make_contact(centre.manager)
    chat = builders.make_chat(contact)
    message = builders.make_message(chat, direction="out", sender="0")
    queued = timezone.now() - timedelta(minutes=3)
    Delivery.objects.create(
        message=message, manager=centre.manager, contact=contact, channel="whatsapp",
        queued_at=queued,
    )  # fmt: skip
    for days in (0, 2):
        failed = builders.make_message(chat, direction="out", sender="0")
        Delivery.objects.create(
            message=failed, manager=centre.manager, contact=contact, done_at=queued,
            channel="whatsapp", failed_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    connect(centre.ana)
    connect(centre.bruno)
    pause(centre.bruno)
    answer = now(centre)
    unsent = answer["tiles"]["unsent"]
    assert (unsent["n"], unsent["oldest"]) == (1, as_time(queued))
    assert unsent["failed"] == 1
    assert answer["tiles"]["accounts_down"]["n"] == 1
    assert {row["area"]: row["online"] for row in answer["areas"]} == {
        "": 1, "vendas": 1, "suporte": 1,
    }  # fmt: skip
    assert [row["presence"] for row in answer["operators"]] == ["online", "paused"]


def test_it_is_cached_for_a_second(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(live, "monotonic", lambda: clock[0])
    builders.make_chat(builders.make_contact(centre.manager))
    caller = ADMINISTRATOR
    first = live.now(caller, centre.manager.pk)
    clock[0] += 0.9
    with django_assert_num_queries(2):  # never cached
        assert live.now(caller, centre.manager.pk) is first
    clock[0] += 0.2
    assert live.now(caller, centre.manager.pk) is not first


def test_permissions(centre: Centre, api: Api) -> None:
    other = Centre(NUMBER + 1)
    for one in (centre, other):
        builders.make_chat(builders.make_contact(one.manager))
    answer = api.post("/api/report", {"metric": "now"}).json()["data"]
    assert sum(answer["tiles"][name]["n"] for name in DISJOINT) == 1
    assert {row["m"] for row in answer["areas"]} == {NUMBER}
    stranger = {"metric": "now", "number": other.manager.number}
    assert api.post("/api/report", stranger).status_code == 404
    by = api.post("/api/report", {"metric": "now", "by": ["area"]})
    assert [*by.json()["error"]["fields"]] == ["by"]
    operator = signed_in(centre.ana.user)
    assert operator.post("/api/report", {"metric": "now"}).status_code == 403
