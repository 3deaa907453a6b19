"""Clients that do not read, or send nothing, use few resources and are closed."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from django.db import connection

from contacts.models import Contact
from tests import builders
from tests.conftest import Api
from tests.feed.client import Socket
from tests.feed.processes import Feed, ticket_of

INSERT = """
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
  content, url, sender, status, error, created_at)
SELECT gen_random_uuid(), %s, %s, %s, 'in', 'text', repeat('x', 20000), '', '', 'wait',
  '', now() FROM generate_series(1, 50)
"""


def small_buffer(port: int) -> socket.socket:
    """Opens a connection with a very small receive buffer."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect(("127.0.0.1", port))
    return opened


def test_a_slow_reader_is_disconnected_and_resumes(
    feed: Feed, manager: Any, api: Api, contact: Contact
) -> None:
    chat = builders.make_chat(contact)
    feed.await_quiet()
    slow = feed.connect(sock=small_buffer(feed.port), max_queue=1).hi(ticket_of(api))
    slow.caught_up()
    quick = feed.open(api)
    seen = 0
    with connection.cursor() as cursor:
        for written in range(50, 501, 50):
            cursor.execute(INSERT, [manager.pk, contact.pk, chat.pk])
            # The quick client reads everything, however busy the machine is.
            while seen < written:
                frame = quick.next()
                seen += len(frame["e"]) if frame["t"] == "ev" else 0
    before, code = slow.drain()
    assert code == 4008
    assert 0 < len(before) < 500
    again = feed.connect().hi(ticket_of(api), slow.cursor, quick.epoch)
    after = [event for frame in again.caught_up() for event in frame["e"]]
    assert len({event["id"] for event in before + after}) == 500
    assert [e["s"] for e in before + after] == sorted(e["s"] for e in before + after)


def test_a_client_that_catches_up_slowly_is_not_disconnected(
    feed: Feed, manager: Any, api: Api, contact: Contact
) -> None:
    chat = builders.make_chat(contact)
    feed.await_quiet()
    first = feed.open(api)
    first.close()
    with connection.cursor() as cursor:
        for _ in range(10):
            cursor.execute(INSERT, [manager.pk, contact.pk, chat.pk])
    feed.await_quiet()
    slow = feed.connect(sock=small_buffer(feed.port), max_queue=1)
    slow.hi(ticket_of(api), first.cursor, first.epoch)
    time.sleep(1)
    frames = slow.caught_up()
    assert sum(len(frame["e"]) for frame in frames) == 500
    assert max(len(json.dumps(frame)) for frame in frames) < 300_000


def test_a_socket_without_pongs_is_closed_and_an_idle_one_is_not(
    feed: Feed, manager: Any, api: Api
) -> None:
    """Nothing is written for longer than redis-py's own timeout of 5 s."""
    idle, silent = feed.open(api), feed.connect()
    began = time.monotonic()
    assert silent.closed() == 4001
    assert time.monotonic() - began > 5
    builders.make_area(manager, "the-end")
    assert idle.next_event()["id"] == "the-end"


# The longest delay of an event without Redis, in seconds. The median of a few events is
# compared, so that a busy machine does not fail the test.
WITHOUT_REDIS = 1.0


def median_delay(manager: Any, opened: Socket) -> float:
    """Returns the median delay of events from commit to socket, in seconds."""
    delays = []
    for n in range(5):
        began = time.monotonic()
        code = builders.make_area(manager, f"without-{n}").code
        assert opened.next_event(patience=30)["id"] == code
        delays.append(time.monotonic() - began)
    return sorted(delays)[2]


def test_without_redis_no_event_is_lost_and_no_request_fails(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    feed.valkey.kill()
    try:
        assert median_delay(manager, opened) <= WITHOUT_REDIS
        late = feed.open(api)
        assert late.cursor == opened.cursor
    finally:
        feed.valkey.start()
    builders.make_area(manager, "back")
    assert opened.next_event(patience=30)["id"] == "back"


def test_with_a_frozen_redis_no_event_is_lost_and_no_request_fails(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    feed.valkey.freeze()
    try:
        assert median_delay(manager, opened) <= WITHOUT_REDIS
        feed.open(api)
    finally:
        feed.valkey.thaw()
    builders.make_area(manager, "back")
    assert opened.next_event(patience=30)["id"] == "back"


def test_another_relay_takes_over_when_the_leader_is_killed(
    feed: Feed, manager: Any, api: Api
) -> None:
    opened = feed.open(api)
    feed.start_relay()
    feed.kill_leader()
    builders.make_area(manager, "after")
    assert opened.next_event()["id"] == "after"
