"""Frames as specified in the contract's "The live feed", one rule per test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as connect_websocket

from contacts.models import Contact
from hci_center.feed.relay.partitions import SIZE
from tests import builders
from tests.conftest import Api
from tests.feed.client import Socket
from tests.feed.processes import Feed, ticket_of, wait_until


def is_end(event: dict[str, Any]) -> bool:
    return event["k"] == "area" and event["id"] == "the-end"


def test_the_call_returns_the_address_and_the_cursor(
    feed: Feed, manager: Any, api: Api
) -> None:
    builders.make_area(manager)
    feed.await_quiet()
    data = api.post("/api/socket").json()["data"]
    assert data["url"] == f"ws://testserver:{feed.port}/api/socket"
    assert data["expiresIn"] == 30
    assert set(data) == {"url", "ticket", "expiresIn", "lastEventId", "epoch"}
    opened = feed.connect().hi(data["ticket"])
    assert opened.next() == {"t": "hb", "s": data["lastEventId"], "e": data["epoch"]}


def test_both_spellings_of_the_address_are_accepted(feed: Feed, api: Api) -> None:
    feed.await_quiet()
    for path in ("/api/socket", "/api/socket/"):
        with connect_websocket(f"ws://127.0.0.1:{feed.port}{path}") as opened:
            opened.send(json.dumps({"t": "hi", "ticket": ticket_of(api)}))
            assert json.loads(opened.recv(timeout=10))["t"] == "hb"


def test_another_address_is_refused(door: Feed) -> None:
    with pytest.raises(InvalidStatus):
        Socket(f"ws://127.0.0.1:{door.port}/api/other")


def test_a_change_is_sent_as_it_happens(feed: Feed, manager: Any, api: Api) -> None:
    opened = feed.open(api)
    area = builders.make_area(manager, "vendas", name="Vendas")
    frame = opened.next()
    assert frame == {
        "t": "ev",
        "s": frame["s"],
        "e": [
            {
                "s": frame["s"],
                "k": "area",
                "id": "vendas",
                "m": manager.number,
                "op": "I",
                "row": {"id": "vendas", "idarea": "vendas", "name": area.name},
            }
        ],
    }


def test_a_client_that_reconnects_gets_all_missed_events_once_and_in_order(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    opened.close()
    codes = [builders.make_area(manager).code for _ in range(20)]
    again = feed.connect().hi(ticket_of(api), opened.cursor, opened.epoch)
    feed.await_quiet()
    builders.make_area(manager, "the-end")
    events = again.events_until(is_end)
    assert [event["id"] for event in events] == codes
    seqs = [event["s"] for event in events]
    assert seqs == sorted(set(seqs))


def test_a_long_absence_comes_in_frames_of_500_from_the_table(
    feed: Feed, manager: Any, api: Api, contact: Contact
) -> None:
    chat = builders.make_chat(contact)
    feed.await_quiet()
    opened = feed.open(api)
    opened.close()
    for _ in range(7):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id,"
                " direction, type, content, url, sender, status, error, created_at)"
                " SELECT gen_random_uuid(), %s, %s, %s, 'in', 'text', 'n' || n, '',"
                " '', 'wait', '', now() FROM generate_series(1, 200) n",
                [manager.pk, contact.pk, chat.pk],
            )
    feed.await_quiet()
    # A new process has an empty buffer, so its events come from the table.
    feed.restart_server()
    again = feed.connect().hi(ticket_of(api), opened.cursor, opened.epoch)
    frames = again.caught_up()
    assert [frame["t"] for frame in frames] == ["ev"] * len(frames)
    assert max(len(frame["e"]) for frame in frames) <= 500
    events = [event for frame in frames for event in frame["e"]]
    assert len(events) == 1400
    assert [event["s"] for event in events] == sorted({e["s"] for e in events})
    assert frames[-1]["s"] == again.cursor


@pytest.mark.parametrize(
    ("cursor", "epoch"),
    [
        ("same", "other"),
        ("same", None),
        ("future", "same"),
        (-1, "same"),
        (10**40, "same"),
        (None, "other"),
    ],
)
def test_a_cursor_that_cannot_be_resumed_is_a_reset(
    feed: Feed, api: Api, cursor: Any, epoch: str | None
) -> None:
    before = feed.open(api)
    assert before.cursor is not None
    cursors = {"same": before.cursor, "future": before.cursor + 1000}
    epochs = {"same": before.epoch, "other": "0" * 32}
    opened = feed.connect().hi(
        ticket_of(api), cursors.get(cursor, cursor), epochs.get(epoch or "")
    )
    assert opened.next() == {"t": "reset", "s": before.cursor, "e": before.epoch}
    assert opened.next()["t"] == "hb"


def test_a_cursor_older_than_the_table_is_a_reset(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    assert opened.cursor is not None
    builders.make_area(manager)
    feed.await_quiet()
    feed.forget_the_past()
    again = feed.connect().hi(ticket_of(api), opened.cursor, opened.epoch)
    assert again.next()["t"] == "reset"


def test_a_truncate_and_a_bulk_load_reset_connected_clients(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    epoch = opened.epoch
    for statement in ("TRUNCATE chats_message CASCADE", "SELECT change_bulk_load()"):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        frame = opened.reset()
        assert frame["e"] != epoch
        epoch = frame["e"]
    builders.make_area(manager, "the-end")
    assert opened.events_until(is_end) == []


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"t": 5}',
        '{"c": 1}',
        b"\x00\x01",
        '{"t": "hi", "c": "5"}',
        '{"t": "hi", "c": true}',
        '{"t": "hi", "c": 1.5}',
        '{"t": "hi", "e": 5}',
        '{"t": "hi", "ticket": 5}',
        '{"t": "hi", "also": "line"}',
        '{"t": "hi", "also": [5]}',
        "[" * 4000,
    ],
)
def test_a_malformed_frame_closes_the_connection(door: Feed, frame: Any) -> None:
    opened = door.connect()
    opened.send(frame)
    assert opened.closed() == 4400


def test_a_frame_over_4_kib_closes_the_connection(feed: Feed, api: Api) -> None:
    opened = feed.open(api)
    opened.send(json.dumps({"t": "viewing", "x": "x" * 5000}))
    assert opened.closed() == 1009


def test_an_unknown_frame_is_ignored(feed: Feed, manager: Any, api: Api) -> None:
    opened = feed.open(api)
    for frame in (
        {"t": "dance"},
        {"t": "hi"},
        {"t": "viewing"},
        {"t": "typing", "id": []},
    ):
        opened.send(frame)
    builders.make_area(manager, "the-end")
    assert opened.events_until(is_end) == []


@pytest.mark.parametrize(
    ("also", "is_sent"),
    [(None, False), ([], False), (["dance"], False), (["dance", "line"], True)],
)
def test_unknown_kinds_may_be_requested(
    feed: Feed, contact: Contact, api: Api, also: Any, is_sent: bool
) -> None:
    opened = feed.open(api, also=also)
    builders.make_chat(contact)
    feed.await_quiet()
    builders.make_area(contact.manager, "the-end")
    kinds = [event["k"] for event in opened.events_until(is_end)]
    assert kinds == ["chat", "line"] if is_sent else ["chat"]


def test_a_restart_is_announced_and_resumed(feed: Feed, manager: Any, api: Api) -> None:
    opened = feed.open(api)
    feed.stop_server()
    assert opened.closed() == 1012
    builders.make_area(manager, "meanwhile")
    feed.start_server()
    again = feed.connect().hi(ticket_of(api), opened.cursor, opened.epoch)
    [frame] = again.caught_up()
    assert [event["id"] for event in frame["e"]] == ["meanwhile"]


def test_the_table_has_partitions_ahead(feed: Feed) -> None:
    def partitions() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_inherits"
                " WHERE inhparent = 'change_feed'::regclass"
            )
            return int(cursor.fetchone()[0])

    wait_until(lambda: partitions() >= 3)
    assert SIZE == 1_000_000
