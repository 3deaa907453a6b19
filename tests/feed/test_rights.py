"""REST, live events and replayed events have the same permissions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from areas.models import Operator, OperatorArea
from areas.sign_in.session_auth import caller_of
from contacts.models import Contact
from hci_center.feed.identity import find_caller
from hci_center.visibility import (
    parameters,
    predicate_within_manager,
    reaches_sql,
    sees_within_manager_sql,
)
from managers.authentication import authenticate
from managers.models import ApiKey
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.processes import Feed, ticket_of

# Area and operator of a contact, and which of the five callers see it.
EVERYBODY = {"key", "supervisor", "administrator", "ana", "bruno"}
STAFF = {"key", "supervisor", "administrator"}
TABLE = [
    ("sales", None, STAFF | {"ana"}),
    ("sales", "ana", STAFF | {"ana"}),
    ("sales", "bruno", EVERYBODY),
    ("support", None, STAFF | {"bruno"}),
    ("support", "ana", EVERYBODY),
    (None, "ana", STAFF | {"ana"}),
    (None, "bruno", STAFF | {"bruno"}),
    (None, None, EVERYBODY),
]


@pytest.fixture
def strangers(other_manager: Any) -> list[Api]:
    area = builders.make_area(other_manager)
    return [
        Api(builders.make_key(other_manager)),
        signed_in(builders.make_supervisor(other_manager)),
        signed_in(builders.make_operator(other_manager, area).user),
    ]


@pytest.fixture
def table(
    manager: Any, sales: Any, support: Any, ana: Any, bruno: Any
) -> list[tuple[Contact, set[str]]]:
    named = {"sales": sales, "support": support, "ana": ana, "bruno": bruno}
    return [
        (
            builders.make_contact(
                manager,
                area=named[area] if area else None,
                operator=named[operator] if operator else None,
            ),
            seen_by,
        )
        for area, operator, seen_by in TABLE
    ]


def expected(table: list[tuple[Contact, set[str]]], name: str) -> set[Any]:
    return {contact.public_id for contact, seen_by in table if name in seen_by}


def contacts_by_rest(api: Api, manager: Any) -> set[Any]:
    answer = api.post("/api/user/contact/get", {"number": manager.number}).json()
    return {contact["id"] for contact in answer.get("data", {}).get("contacts", [])}


def is_end(event: dict[str, Any]) -> bool:
    return event["k"] == "area" and event["id"] == "the-end"


def test_rest_live_feed_and_history_agree_with_the_table(
    feed: Feed,
    manager: Any,
    people: dict[str, Api],
    table: list[tuple[Contact, set[str]]],
) -> None:
    feed.await_quiet()
    sockets = {name: feed.open(api) for name, api in people.items()}
    cursors = {name: (opened.cursor, opened.epoch) for name, opened in sockets.items()}
    Contact.objects.update(sa=99)
    builders.make_area(manager, "the-end")
    for name, api in people.items():
        wanted = expected(table, name)
        assert contacts_by_rest(api, manager) == wanted, name
        live = sockets[name].events_until(is_end)
        assert {event["id"] for event in live} == wanted, name
        resumed = feed.connect().hi(ticket_of(api), *cursors[name])
        assert resumed.events_until(is_end) == live, name


def test_callers_without_access_receive_nothing(
    feed: Feed,
    manager: Any,
    other_manager: Any,
    strangers: list[Api],
    table: list[tuple[Contact, set[str]]],
) -> None:
    feed.await_quiet()
    sockets = [feed.open(api) for api in strangers]
    Contact.objects.update(sa=99)
    builders.make_area(other_manager, "the-end")
    for opened, api in zip(sockets, strangers, strict=True):
        assert opened.events_until(is_end) == []
        assert contacts_by_rest(api, manager) == set()


def test_events_from_the_table_have_the_same_permissions(
    manager: Any,
    ana: Operator,
    bruno: Operator,
    table: list[tuple[Contact, set[str]]],
    stamp: Any,
) -> None:
    seqs = {row["seq"]: row for row in stamp() if row["kind"] == "contact"}
    supervisor = builders.make_supervisor(manager)
    for user, name in (
        (ana.user, "ana"),
        (bruno.user, "bruno"),
        (supervisor, "supervisor"),
    ):
        caller = caller_of(user)
        assert caller is not None
        with connection.cursor() as cursor:
            can_see = sees_within_manager_sql("area_id", "operator_id")
            cursor.execute(
                f"SELECT seq FROM change_feed WHERE {reaches_sql('manager_id')}"  # noqa: S608
                f" AND {can_see}"
                " AND kind = 'contact'",
                parameters(caller),
            )
            by_sql = {seq for (seq,) in cursor.fetchall()}
        by_python = {
            seq
            for seq, row in seqs.items()
            if predicate_within_manager(caller)(row["area_id"], row["operator_id"])
        }
        assert by_sql & set(seqs) == by_python
        assert len(by_python) == len(expected(table, name))


def test_a_contact_that_becomes_invisible_is_removed_by_its_id(
    feed: Feed, manager: Any, people: dict[str, Api], contact: Contact, support: Any
) -> None:
    feed.await_quiet()
    sockets = {name: feed.open(people[name]) for name in ("ana", "bruno", "key")}
    cursors = {name: (opened.cursor, opened.epoch) for name, opened in sockets.items()}
    Contact.objects.filter(pk=contact.pk).update(area=support)
    builders.make_area(manager, "the-end")
    for name, op in (("ana", "X"), ("bruno", "U"), ("key", "U")):
        [event] = sockets[name].events_until(is_end)
        assert event["op"] == op
        assert event["id"] == contact.public_id
        assert ("row" in event) == (op == "U")
        resumed = feed.connect().hi(ticket_of(people[name]), *cursors[name])
        assert resumed.events_until(is_end) == [event]


def test_a_message_goes_to_the_contacts_operator_at_its_numbering(
    feed: Feed,
    manager: Any,
    people: dict[str, Api],
    contact: Contact,
    support: Any,
    elsewhere: Any,
) -> None:
    chat = builders.make_chat(contact)
    feed.await_quiet()
    ana, bruno = feed.open(people["ana"]), feed.open(people["bruno"])
    with elsewhere() as writer:
        # Its insert is not committed while the contact moves.
        writer.execute(
            "INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id,"
            " direction, type, content, url, sender, status, error, created_at)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 'in', 'text', 'secret', '', '',"
            " 'wait', '', now())",
            [manager.pk, contact.pk, chat.pk],
        )
        Contact.objects.filter(pk=contact.pk).update(area=support)
        feed.await_quiet()
        writer.connection.commit()
    builders.make_area(manager, "the-end")
    assert [event["k"] for event in ana.events_until(is_end)] == ["contact"]
    assert [event["k"] for event in bruno.events_until(is_end)] == [
        "contact",
        "message",
    ]


def test_changed_areas_are_a_reset_also_after_reconnecting(
    feed: Feed, manager: Any, people: dict[str, Api], ana: Operator, support: Any
) -> None:
    contact = builders.make_contact(manager, area=support)
    feed.await_quiet()
    opened = feed.open(people["ana"])
    cursors = (opened.cursor, opened.epoch)
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    opened.reset()
    Contact.objects.filter(pk=contact.pk).update(sa=5)
    builders.make_area(manager, "the-end")
    ids = {event["id"] for event in opened.events_until(is_end)}
    assert contact.public_id in ids
    resumed = feed.connect().hi(ticket_of(people["ana"]), *cursors)
    assert resumed.next()["t"] == "reset"


def test_another_number_of_the_manager_is_a_reset(
    feed: Feed, manager: Any, people: dict[str, Api]
) -> None:
    feed.await_quiet()
    opened = feed.open(people["bruno"])
    manager.number = 5511400099999
    manager.save()
    opened.reset()
    builders.make_area(manager, "first")
    builders.make_area(manager, "the-end")
    [event] = opened.events_until(is_end)
    assert event["m"] == 5511400099999


def test_resets_are_also_found_in_the_table(
    feed: Feed,
    manager: Any,
    other_manager: Any,
    people: dict[str, Api],
    ana: Operator,
    support: Any,
) -> None:
    people = {name: people[name] for name in ("ana", "bruno", "key")}
    people["stranger"] = Api(builders.make_key(other_manager))
    feed.await_quiet()
    sockets = {name: feed.open(api) for name, api in people.items()}
    cursors = {name: (opened.cursor, opened.epoch) for name, opened in sockets.items()}
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    other_manager.number = 5511400099999
    other_manager.save()
    feed.await_quiet()
    # A new process has an empty buffer.
    feed.restart_server()
    void = {
        name
        for name, api in people.items()
        if feed.connect().hi(ticket_of(api), *cursors[name]).next()["t"] == "reset"
    }
    assert void == {"ana", "stranger"}


def test_another_manager_of_a_key_is_a_reset(
    feed: Feed, manager: Any, other_manager: Any
) -> None:
    api = Api(builders.make_key(manager, name="growing"))
    feed.await_quiet()
    opened = feed.open(api)
    ApiKey.objects.get(name="growing").managers.add(other_manager)
    opened.reset()
    builders.make_area(other_manager, "the-end")
    assert opened.events_until(is_end) == []


def test_a_change_without_effect_on_permissions_is_no_reset(
    feed: Feed, manager: Any, people: dict[str, Api], ana: Operator, support: Any
) -> None:
    feed.await_quiet()
    opened = feed.open(people["ana"])
    with transaction.atomic():
        served = OperatorArea.objects.create(
            manager=manager, operator=ana, area=support
        )
        served.delete()
        builders.make_area(manager, "in-between")
    builders.make_area(manager, "the-end")
    frames = []
    while not frames or "the-end" not in str(frames[-1]):
        frames.append(opened.next())
    assert "reset" not in [frame["t"] for frame in frames]
    assert "in-between" in str(frames)


@pytest.mark.parametrize("credential", ["key:999999", "user:999999"])
def test_an_ended_credential_has_no_caller(db: None, credential: str) -> None:
    assert find_caller(credential) is None


def test_a_credential_is_the_same_caller_as_in_a_request(manager: Any) -> None:
    key = builders.make_key(manager)
    row = ApiKey.objects.get()
    assert find_caller(f"key:{row.pk}") == authenticate(key)
    supervisor = builders.make_supervisor(manager)
    assert find_caller(f"user:{supervisor.pk}") == caller_of(supervisor)
