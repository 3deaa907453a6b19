"""POST api/area/assignment/try: simulates a rule on the chats of the past."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.models import Availability, Presence, PresenceSpan
from chats.models import AssignmentRecord, ChatEvent
from chats.rules import tasks, trial_past
from contacts.models import Contact
from tests import builders
from tests.chats.rules.living import Life
from tests.chats.rules.running import run_tasks
from tests.conftest import signed_in
from tests.counts import count

URL = "/api/area/assignment/try"


@pytest.fixture
def began(manager: Any) -> Any:
    """Returns a time before everything, with presence recorded since then."""
    at = timezone.now() - timedelta(hours=1)
    stranger = builders.make_operator(manager)
    PresenceSpan.objects.create(
        operator=stranger, state="online", started_at=at, ended_at=at, seen_at=at
    )
    return at


def attempt(api: Any, area: Any, since: Any, **over: Any) -> Any:
    body = {"number": area.manager.number, "area": area.code}
    body |= {"from": since.timestamp(), **over}
    answer = api.post(URL, body)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def set_state(operator: Any, state: str) -> None:
    """Connects, pauses or disconnects an operator, as the feed records it."""
    now = timezone.now()
    going = PresenceSpan.objects.filter(operator=operator, ended_at=None).first()
    if going is not None and going.state == state:
        return
    if going is not None:
        going.ended_at = going.seen_at = now
        going.save()
    if state == "offline":
        Presence.objects.filter(operator=operator).delete()
        return
    Presence.objects.update_or_create(
        operator=operator,
        process="test",
        defaults={"online_until": now + timedelta(hours=1)},
    )
    Availability.objects.update_or_create(operator=operator, defaults={"state": state})
    PresenceSpan.objects.create(
        operator=operator, state=state, started_at=now, seen_at=now
    )


def recorded() -> list[tuple[str, str, str]]:
    """Returns protocol, rule and operator of each automatic assignment."""
    rows = AssignmentRecord.objects.order_by("event_id").select_related("event__chat")
    return [
        (row.event.chat.protocol, row.rule, str(row.event.operator_id)) for row in rows
    ]


def sampled(data: Any) -> list[tuple[str, str, str]]:
    return [(one["protocol"], one["rule"], one["operatorId"]) for one in data["sample"]]


class Centre:
    """An area with random actions of customers and operators."""

    def __init__(self, draw: random.Random, api: Any, manager: Any, area: Any) -> None:
        self.draw, self.area = draw, area
        self.operators = [
            builders.make_operator(manager, area, cap=draw.choice([None, None, 1]))
            for _ in range(3)
        ]
        self.lives = [
            Life(api, manager, builders.make_contact(manager, area=area))
            for _ in range(6)
        ]
        self.elsewhere = builders.make_area(manager)
        self.stranger = builders.make_operator(manager, self.elsewhere)

    def step(self) -> None:
        draw = self.draw
        operator, life = draw.choice(self.operators), draw.choice(self.lives)
        if draw.random() < 0.3:
            set_state(operator, draw.choice(["online", "online", "paused", "offline"]))
        elif life.chat is None:
            life.writes()
        else:
            self._with(life, operator)
        run_tasks()

    def _with(self, life: Life, operator: Any) -> None:
        holder = life.row.operator
        choices: list[Any] = [life.writes, life.closed, life.closed]
        if holder is None:
            is_here = life.row.area_id == self.area.pk
            who = operator if is_here else self.stranger
            choices.append(lambda: life.claimed(who))
            choices.append(lambda: life.closed("customer"))
        else:
            choices.append(lambda: life.answered(holder))
            choices.append(lambda: life.given(None))
            choices.append(lambda: life.given(operator))
        if life.row.area_id == self.area.pk:
            choices.append(lambda: life.moved(self.elsewhere))
        else:
            choices += [lambda: life.moved(self.area)] * 3
        self.draw.choice(choices)()


@pytest.mark.parametrize("seed", range(count(4, 40)))
@pytest.mark.parametrize("rule", ["fewest", "rotation"])
def test_the_rule_in_force_repeats_its_assignments(
    api, manager, sales, began, rule, seed
):
    draw = random.Random(seed)  # noqa: S311
    last = draw.choice([0, 3600])
    builders.save_policy(manager, sales, assign=rule, cap=2, lastOperator=last)
    centre = Centre(draw, api, manager, sales)
    while AssignmentRecord.objects.count() < 12:
        centre.step()
    given = recorded()
    data = attempt(api, sales, began)
    assert data["presence"] == "recorded"
    assert data["assigned"] == len(given)
    assert sampled(data) == given[:20]
    assert data["wait"] == data["was"]
    by_operator = {one["operatorId"]: one["chats"] for one in data["byOperator"]}
    assert sum(by_operator.values()) == len(given)
    for operator in centre.operators:
        assert by_operator[str(operator.pk)] == sum(
            who == str(operator.pk) for _protocol, _rule, who in given
        )
    whys = [row.candidates for row in AssignmentRecord.objects.order_by("event_id")]
    for why, one in zip(whys, data["sample"], strict=False):
        assert [each["load"] for each in why] == [
            each["load"] for each in one["candidates"]
        ]


def test_another_rule_assigns_differently(api, manager, sales, began):
    """All wait for one of two operators; the trial's cap allows one chat at a time."""
    builders.save_policy(manager, sales, assign="fewest")
    ana, bia = (builders.make_operator(manager, sales, name=name) for name in "ab")
    set_state(ana, "online")
    lives = [
        Life(api, manager, builders.make_contact(manager, area=sales)) for _ in range(4)
    ]
    for life in lives:
        life.writes()
        run_tasks()
    assert {who for _p, _r, who in recorded()} == {str(ana.pk)}
    for life in lives[:2]:
        life.closed()
    data = attempt(api, sales, began, cap=1)
    assert data["chats"] == 4
    assert [one["most"] for one in data["byOperator"]] == [1, 0]
    # The second chat is held as long as in reality, until after the period.
    assert data["assigned"] == 2
    assert (data["wait"]["n"], data["was"]["n"]) == (2, 4)
    off = attempt(api, sales, began, assign="off")
    assert (off["assigned"], off["wait"]["n"]) == (0, 0)
    assert off["wait"] == {"n": 0, "mean": None, "median": None, "p90": None}
    assert str(bia.pk) in {one["operatorId"] for one in off["byOperator"]}
    assert Contact.objects.filter(operator=ana).count() == 2


def test_claims_of_people_are_repeated(api, manager, sales, began, ana):
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    life.writes()
    run_tasks()
    life.claimed(ana)
    data = attempt(api, sales, began, assign="fewest")
    assert (data["chats"], data["assigned"], data["wait"]["n"]) == (1, 0, 1)
    # If he had been online, it would have been assigned to him.
    PresenceSpan.objects.create(
        operator=ana, state="online", started_at=began, seen_at=began
    )
    data = attempt(api, sales, began, assign="fewest")
    assert (data["assigned"], data["byOperator"][0]["chats"]) == (1, 1)


def test_nothing_is_assigned_in_a_closed_area(api, manager, sales, began, ana):
    builders.save_policy(manager, sales, hours={})
    set_state(ana, "online")
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    life.writes()
    data = attempt(api, sales, began, assign="rotation")
    assert (data["chats"], data["assigned"]) == (1, 0)


def test_without_spans_operators_who_acted_count_as_online(api, manager, sales, ana):
    since = timezone.now() - timedelta(hours=1)
    first, second = (
        Life(api, manager, builders.make_contact(manager, area=sales)) for _ in range(2)
    )
    first.writes()
    first.claimed(ana)
    second.writes()
    first.closed()
    second.claimed(ana)
    data = attempt(api, sales, since, assign="fewest")
    assert data["presence"] == "assumed"
    assert data["assigned"] == 1
    assert sampled(data)[0][2] == str(ana.pk)


def test_figures_count_only_existing_samples(api, manager, sales, began, ana):
    builders.save_policy(manager, sales, awayText="Fechado")
    for seconds in (10, 20, 31, 400):
        contact = builders.make_contact(manager, area=sales)
        chat = builders.make_chat(contact)
        at = timezone.now() - timedelta(minutes=50)
        taken = at + timedelta(seconds=seconds, milliseconds=900)
        for kind, when, operator in (("opened", at, None), ("claimed", taken, ana)):
            ChatEvent.objects.create(
                manager=manager,
                chat=chat,
                kind=kind,
                at=when,
                area=sales,
                operator=operator,
            )
        type(chat).objects.filter(pk=chat.pk).update(opened_at=at)
    was = attempt(api, sales, began)["was"]
    assert was == {"n": 4, "mean": 115, "median": 20, "p90": 400}


def test_a_period_that_is_too_long_or_has_too_much_data_is_refused(
    api, manager, sales, contact, monkeypatch
):
    now = timezone.now()
    for since, until in ((now, now), (now - timedelta(days=32), now)):
        body = {"number": manager.number, "area": sales.code}
        body |= {"from": since.timestamp(), "to": until.timestamp()}
        answer = api.post(URL, body)
        assert answer.status_code == 400
        assert set(answer.json()["error"]["fields"]) == {"from"}
    life = Life(api, manager, contact)
    life.writes()
    monkeypatch.setattr(trial_past, "MOST_LINES", 0)
    answer = api.post(URL, {"number": manager.number, "area": sales.code})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"from"}


def test_who_may_try_a_rule(api, manager, other_manager, sales, ana, supervisor):
    body = {"number": manager.number, "area": sales.code}
    assert signed_in(supervisor).post(URL, body).status_code == 200
    refused = signed_in(ana.user).post(URL, body)
    assert refused.status_code == 403
    assert api.post(URL, body | {"area": "?"}).json()["error"]["code"] == (
        "area_not_found"
    )
    foreign = api.post(URL, body | {"number": other_manager.number})
    assert foreign.json()["error"]["code"] == "manager_not_found"
    assert not tasks.lease(1)
