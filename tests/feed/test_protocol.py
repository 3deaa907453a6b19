"""The frames of the contract's "The live feed", one promise a test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as connect_websocket

from contacts.models import Contact
from hci_center.feed.housekeeping import SIZE
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.client import Socket
from tests.feed.processes import Feed, ticket_of, wait_until


def is_end(event: dict[str, Any]) -> bool:
    return event["k"] == "area" and event["id"] == "the-end"


def session_headers(api: Api, feed: Feed, origin: str | None = None) -> dict[str, str]:
    cookie = api.client.cookies["sessionid"].value
    origin = origin or f"http://127.0.0.1:{feed.web_port}"
    return {"Cookie": f"sessionid={cookie}", "Origin": origin}


def test_the_call_tells_where_to_connect_and_from_where_on(
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


def test_behind_a_proxy_the_socket_has_the_public_address(
    feed: Feed, api: Api, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://chat.example.com"
    data = api.post("/api/socket").json()["data"]
    assert data["url"] == "wss://chat.example.com/api/socket"


def test_nobody_gets_a_ticket(feed: Feed, anonymous: Api) -> None:
    assert anonymous.post("/api/socket").status_code == 401


def test_a_person_needs_the_csrf_token(feed: Feed, ana: Any) -> None:
    api = signed_in(ana.user)
    api.headers = {}
    assert api.post("/api/socket").status_code == 403


def test_both_spellings_of_the_address_open(feed: Feed, api: Api) -> None:
    for path in ("/api/socket", "/api/socket/"):
        with connect_websocket(f"ws://127.0.0.1:{feed.port}{path}") as opened:
            opened.send(json.dumps({"t": "hi", "ticket": ticket_of(api)}))
            assert json.loads(opened.recv(timeout=10))["t"] == "hb"


def test_another_address_is_refused(door: Feed) -> None:
    with pytest.raises(InvalidStatus):
        Socket(f"ws://127.0.0.1:{door.port}/api/other")


def test_a_change_is_told_as_it_happens(feed: Feed, manager: Any, api: Api) -> None:
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


def test_a_client_that_was_away_is_told_all_it_missed_once_and_in_order(
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
    # A new process remembers nothing: what it tells comes from the table.
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
        (None, "other"),
    ],
)
def test_a_cursor_that_cannot_be_followed_is_a_reset(
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


def test_a_truncate_and_a_bulk_load_reset_who_is_connected(
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


def test_a_ticket_opens_one_socket(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    assert feed.connect().hi(ticket).next()["t"] == "hb"
    assert feed.connect().hi(ticket).closed() == 4001


def test_of_many_that_bring_a_ticket_at_once_one_gets_in(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    sockets = [feed.connect() for _ in range(20)]
    for opened in sockets:
        opened.hi(ticket)
    codes = [opened.first_or_closed() for opened in sockets]
    assert sorted(codes, key=str) == [4001] * 19 + ["hb"]


def test_a_ticket_is_too_old_after_30_seconds(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_ticket SET expires_at = clock_timestamp()")
    assert feed.connect().hi(ticket).closed() == 4001


@pytest.mark.parametrize("ticket", ["", "x", "é" * 50, "\ud800"])
def test_what_is_no_ticket_is_refused(door: Feed, ticket: str) -> None:
    assert door.connect().hi(ticket).closed() == 4001


def test_only_the_hash_of_a_ticket_is_kept(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed_ticket::text FROM feed_ticket")
        assert ticket not in str(cursor.fetchall())


def test_a_session_and_our_own_page_need_no_ticket(feed: Feed, ana: Any) -> None:
    headers = session_headers(signed_in(ana.user), feed)
    opened = feed.connect(additional_headers=headers).hi()
    assert opened.next()["t"] == "hb"


def test_a_foreign_page_may_not_use_the_session(feed: Feed, ana: Any) -> None:
    headers = session_headers(signed_in(ana.user), feed)
    for origin in (
        "http://evil.example",
        "http://127.0.0.1.evil.example:8000",
        f"ftp://127.0.0.1:{feed.web_port}",
        "http://127.0.0.1:1",
        "null",
        "",
        "http://[",
        "http://127.0.0.1:99999",
    ):
        opened = feed.connect(additional_headers=headers | {"Origin": origin})
        assert opened.hi().closed() == 4001, origin


def test_without_session_and_ticket_nobody_is_let_in(door: Feed) -> None:
    origin = {"Origin": f"http://127.0.0.1:{door.web_port}"}
    assert door.connect(additional_headers=origin).hi().closed() == 4001


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
        "[" * 4000,
    ],
)
def test_a_malformed_frame_is_the_end(door: Feed, frame: Any) -> None:
    opened = door.connect()
    opened.send(frame)
    assert opened.closed() == 4400


def test_a_frame_over_4_kib_is_the_end(feed: Feed, api: Api) -> None:
    opened = feed.open(api)
    opened.send(json.dumps({"t": "viewing", "x": "x" * 5000}))
    assert opened.closed() == 1009


def test_an_unknown_frame_is_passed_over(feed: Feed, manager: Any, api: Api) -> None:
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


def test_a_person_has_five_sockets_and_a_key_more(
    feed: Feed, ana: Any, api: Api
) -> None:
    person = signed_in(ana.user)
    for _ in range(5):
        feed.open(person)
    assert feed.connect().hi(ticket_of(person)).closed() == 4009
    for _ in range(8):
        feed.open(api)


def test_a_restart_is_told_and_resumed(feed: Feed, manager: Any, api: Api) -> None:
    opened = feed.open(api)
    feed.stop_server()
    assert opened.closed() == 1012
    builders.make_area(manager, "meanwhile")
    feed.start_server()
    again = feed.connect().hi(ticket_of(api), opened.cursor, opened.epoch)
    [frame] = again.caught_up()
    assert [event["id"] for event in frame["e"]] == ["meanwhile"]


def test_the_table_has_room_ahead(feed: Feed) -> None:
    def partitions() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_inherits"
                " WHERE inhparent = 'change_feed'::regclass"
            )
            return int(cursor.fetchone()[0])

    wait_until(lambda: partitions() >= 3)
    assert SIZE == 1_000_000
