"""Lines in the feed are as in REST, are sent once, and have their old values."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from areas.models import Menu, OperatorArea
from chats.models import Chat, Clock, MenuState
from contacts.models import Contact, Tag, Tagging
from managers.models import Manager
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.processes import Feed, ticket_of

AT = datetime(2026, 1, 2, 3, 4, 5, 678999, UTC)
NOW = datetime.now(UTC)


def lines_of(stamped: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        json.loads(row["ev"]) for row in stamped if row["kind"] == "line" and row["ev"]
    ]


def line_by_rest(api: Api, contact: Contact) -> dict[str, Any]:
    body = {"operatorId": "0", "contactId": contact.public_id}
    answer = api.post("/api/chat/get", body)
    assert answer.status_code == 200, answer.content
    line: dict[str, Any] = answer.json()["data"]
    for name in ("contact", "last", "aliases"):
        del line[name]
    return line


def tag(contact: Contact, code: str) -> Tagging:
    made = Tag.objects.create(manager=contact.manager, code=code, name=code)
    return Tagging.objects.create(manager=contact.manager, contact=contact, tag=made)


def start_clock(chat: Chat, **over: Any) -> Clock:
    values: dict[str, Any] = {"kind": "reply", "target": 60, "started_at": AT}
    return Clock.objects.create(chat=chat, **(values | over))


def enter_menu(chat: Chat) -> MenuState:
    menu = Menu.objects.create(manager=chat.manager, version=1, body={})
    return MenuState.objects.create(
        chat=chat, menu=menu, step="inicio", asked_at=AT, sa=10
    )


@pytest.mark.parametrize("contact_fixture", ["contact", "page_contact"])
@pytest.mark.parametrize(
    "over",
    [
        {},
        {"area": "sales", "queued_at": AT, "waiting_since": AT},
        {"operator": "ana"},
        {"operator": "ana", "waiting_since": AT, "last_in_at": AT},
        {"tags": ["vip", "novo"]},
        {"menu": True},
        {"clocks": [{"due_at": NOW + timedelta(hours=1), "risk_at": AT}]},
        {"clocks": [{"due_at": AT, "risk_at": AT}, {"kind": "first"}]},
        {"clocks": [{"kind": "resolution"}]},
        {"clocks": [{"due_at": AT, "met_at": AT}]},
        {"closed": True, "waiting_since": AT, "last_in_at": AT, "tags": ["vip"]},
        {"gateway": "whatsapp_cloud", "last_in_at": AT},
    ],
)
def test_a_line_is_as_in_rest(
    api: Api, stamp: Any, over: dict[str, Any], contact_fixture: str, request: Any
) -> None:
    contact = request.getfixturevalue(contact_fixture)
    columns = {
        name: request.getfixturevalue(value) if name in ("area", "operator") else value
        for name, value in over.items()
        if name not in ("tags", "menu", "clocks", "closed", "gateway")
    }
    chat = builders.make_chat(contact)
    stamp()
    for code in over.get("tags", ()):
        tag(contact, code)
    for clock in over.get("clocks", ()):
        start_clock(chat, **clock)
    if "menu" in over:
        enter_menu(chat)
    if "gateway" in over:
        Manager.objects.filter(pk=contact.manager_id).update(gateway=over["gateway"])
    Contact.objects.filter(pk=contact.pk).update(name="Zoë", **columns)
    if "closed" in over:
        Chat.objects.filter(pk=chat.pk).update(closed_at=AT)
    events = lines_of(stamp())
    shown = line_by_rest(api, contact)
    if not over:
        assert events == []  # A name is not part of a line.
        return
    if "clocks" in over and "met_at" in over["clocks"][0]:
        assert events == []
        return
    [event] = events
    assert event["row"] == shown
    assert event["id"] == contact.public_id
    assert event["op"] == "U"


# Actions on a contact of Ana in sales, and whether its line changes.
CHANGES: dict[str, tuple[str, bool]] = {
    "waiting": ("UPDATE contacts_contact SET waiting_since = now()", True),
    "queued": ("UPDATE contacts_contact SET queued_at = now()", True),
    "released": ("UPDATE contacts_contact SET operator_id = NULL", True),
    "moved": ("UPDATE contacts_contact SET area_id = NULL", True),
    "heard": ("UPDATE contacts_contact SET last_in_at = now()", False),
    "read": ("UPDATE contacts_contact SET unread = 7", False),
    "counted": ("UPDATE contacts_contact SET sa = 7", False),
    "away": ("UPDATE contacts_contact SET away_until = now()", False),
    "renamed": ("UPDATE contacts_contact SET name = 'x'", False),
    "closed": ("UPDATE chats_chat SET closed_at = now()", True),
    "seen": ("UPDATE chats_chat SET reason = 'x'", False),
    "untagged": ("DELETE FROM contacts_tagging", True),
    "tag renamed": ("UPDATE contacts_tag SET name = 'x'", False),
    "tag recoded": ("UPDATE contacts_tag SET code = 'x'", True),
    "clock met": ("UPDATE chats_clock SET met_at = now()", True),
    "clock moved": ("UPDATE chats_clock SET due_at = due_at + interval '1 h'", True),
    "clock gone": ("DELETE FROM chats_clock", True),
    "notified in vain": ("UPDATE chats_clock SET notified = 1", False),
    "menu left": ("DELETE FROM chats_menustate", False),  # Its operator took it out.
    "gateway": ("UPDATE managers_manager SET gateway = 'whatsapp_cloud'", True),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_line_is_sent_only_when_it_changes(
    contact: Contact, sales: Any, ana: Any, stamp: Any, name: str
) -> None:
    statement, is_sent = CHANGES[name]
    chat = builders.make_chat(contact)
    Contact.objects.filter(pk=contact.pk).update(
        area=sales, operator=ana, last_in_at=AT
    )
    tag(contact, "vip")
    start_clock(chat, risk_at=NOW + timedelta(hours=1), due_at=NOW + timedelta(hours=2))
    enter_menu(chat)
    [before] = lines_of(stamp())
    with connection.cursor() as cursor:
        cursor.execute(statement)
    events = lines_of(stamp())
    assert len(events) == is_sent
    for event in events:
        assert event["was"] == before["is"]
        assert event["row"] != before["row"] or event["is"] != before["is"]


def test_a_clock_s_state_is_sent_when_it_is_notified(
    contact: Contact, stamp: Any
) -> None:
    clock = start_clock(builders.make_chat(contact), risk_at=AT, due_at=None)
    stamp()
    Clock.objects.filter(pk=clock.pk).update(
        due_at=NOW + timedelta(hours=1), notified=1
    )
    [event] = lines_of(stamp())
    assert event["row"]["clock"]["state"] == "risk"


def test_a_line_has_its_old_and_new_values(
    contact: Contact, support: Any, ana: Any, stamp: Any
) -> None:
    chat = builders.make_chat(contact)
    [first] = lines_of(stamp())
    nobody = {"state": "waiting", "area": "vendas", "operatorId": "0"}
    assert (first["op"], first["was"], first["is"]) == ("I", None, nobody)
    Contact.objects.filter(pk=contact.pk).update(area=support)
    Contact.objects.filter(pk=contact.pk).update(operator=ana)
    [second] = lines_of(stamp())
    served = {"state": "answered", "area": "suporte", "operatorId": str(ana.pk)}
    assert (second["op"], second["was"], second["is"]) == ("U", nobody, served)
    Chat.objects.filter(pk=chat.pk).update(closed_at=AT)
    [third] = lines_of(stamp())
    closed = {**served, "state": "closed"}
    assert (third["was"], third["is"]) == (served, closed)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=AT)
    [last] = lines_of(stamp())
    assert (last["op"], last["was"], "row" in last, "is" in last) == (
        "D",
        closed,
        False,
        False,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM change_line WHERE contact_id = %s", [contact.pk])
        assert cursor.fetchone() is None


def test_a_contact_with_another_id_is_another_line(
    contact: Contact, stamp: Any
) -> None:
    builders.make_chat(contact)
    [before] = lines_of(stamp())
    Contact.objects.filter(pk=contact.pk).update(external_id="551130099999")
    gone, new = lines_of(stamp())
    assert (gone["op"], gone["id"], gone["was"]) == ("D", before["id"], before["is"])
    assert (new["op"], new["id"], new["was"]) == ("I", 551130099999, None)
    assert new["is"] == before["is"]


def test_a_line_moves_with_its_chat(manager: Any, contact: Contact, stamp: Any) -> None:
    chat = builders.make_chat(contact, closed_at=AT)
    other = builders.make_contact(manager)
    stamp()
    Chat.objects.filter(pk=chat.pk).update(contact=other)
    gone, new = lines_of(stamp())
    assert (gone["op"], gone["id"]) == ("D", contact.public_id)
    assert (new["op"], new["id"]) == ("I", other.public_id)
    assert new["row"]["protocol"] == chat.protocol


def test_a_new_epoch_has_the_lines_of_its_start(contact: Contact, stamp: Any) -> None:
    chat = builders.make_chat(contact)
    stamp()
    with connection.cursor() as cursor:
        cursor.execute("SELECT change_bulk_load()")
        cursor.execute(
            "UPDATE contacts_contact SET waiting_since = now(), queued_at = %s", [AT]
        )
        cursor.execute("SET LOCAL hci.capture = ''")
    assert [row["kind"] for row in stamp()] == ["epoch"]
    Chat.objects.filter(pk=chat.pk).update(closed_at=AT)
    [event] = lines_of(stamp())
    assert event["was"]["state"] == "waiting"
    assert event["row"]["state"] == "closed"


def test_requested_kinds_are_kept_after_a_change_of_permissions(
    feed: Feed, contact: Contact, support: Any, bruno: Any, sales: Any
) -> None:
    opened = feed.open(signed_in(bruno.user), also=["line"])
    OperatorArea.objects.create(manager=bruno.manager, operator=bruno, area=sales)
    opened.reset()
    builders.make_chat(contact)
    feed.await_quiet()
    builders.make_area(contact.manager, "the-end")
    events = opened.events_until(lambda event: event["id"] == "the-end")
    assert [event["k"] for event in events] == ["chat", "line"]


def test_lines_from_the_table_are_the_same_as_live(
    feed: Feed, contact: Contact, support: Any, ana: Any, bruno: Any
) -> None:
    callers = {"ana": signed_in(ana.user), "bruno": signed_in(bruno.user)}
    cursors = {}
    for name, caller in callers.items():
        opened = feed.open(caller, also=["line"])
        cursors[name] = opened.cursor, opened.epoch, opened
    chat = builders.make_chat(contact)
    feed.await_quiet()
    for over in ({"area": support}, {"operator": ana}, {"waiting_since": AT}):
        Contact.objects.filter(pk=contact.pk).update(**over)
        feed.await_quiet()
    Chat.objects.filter(pk=chat.pk).update(closed_at=AT)
    feed.await_quiet()
    builders.make_area(contact.manager, "the-end")
    feed.await_quiet()

    def lines(opened: Any) -> list[Any]:
        events = opened.events_until(lambda event: event["k"] == "area")
        return [event for event in events if event["k"] == "line"]

    live = {name: lines(opened) for name, (_, _, opened) in cursors.items()}
    feed.restart_server()  # The new process has no events in memory.
    for name, (cursor, epoch, _) in cursors.items():
        again = feed.connect().hi(
            ticket_of(callers[name]), cursor, epoch, also=["line"]
        )
        assert lines(again) == live[name]
    # She saw it, lost it to support, and got it back as her own; he sees it from then
    # on.
    assert [event["op"] for event in live["ana"]] == ["I", "X", "U", "U", "U"]
    assert live["ana"][2]["was"] is None
    assert [event["was"] is None for event in live["bruno"]] == [True, *[False] * 3]
