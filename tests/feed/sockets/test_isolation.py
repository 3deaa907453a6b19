"""An error of one change, message or person does not affect other sockets.

An error of a whole process ends it, so that it is restarted.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection, transaction

from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.feed import channel_layer
from hci_center.feed.async_database import Database
from hci_center.feed.frames import Change, frame, reset
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.sockets import credentials
from hci_center.feed.sockets.connection import Close, Connection, CredentialState
from hci_center.feed.sockets.credentials import CredentialRegistry
from hci_center.feed.sockets.hub import Hub
from hci_center.feed.sockets.presence import Presence
from tests import builders
from tests.conftest import Api
from tests.feed.faults import recorded
from tests.feed.processes import Feed
from tests.feed.sockets.test_ephemeral import next_now
from tests.feed.test_rights import is_end

pytestmark = pytest.mark.usefixtures("no_other_faults")


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_an_invalid_message_on_the_layer_does_not_end_the_feed(
    feed: Feed, manager: Any, people: dict[str, Api]
) -> None:
    opened = feed.open(people["key"])
    with redis.Redis(unix_socket_path=str(feed.valkey.socket)) as server:
        for garbage in (b"\xc1", b"", b"\x93\x01\x02\x03"):
            assert server.publish(f"asgi__group__{channel_layer.GROUP}", garbage) >= 1
    builders.make_area(manager, "the-end")
    opened.events_until(is_end)
    assert feed.server
    assert feed.server.poll() is None


class FakeTransport:
    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.written: list[bytes] = []
        self.closed: int | None = None
        self.write = self.written.append

    def set_high_water(self, waiting: int) -> None:
        pass

    async def drained(self) -> None:
        pass

    def close_connection(self, code: int) -> None:
        self.closed = code


def live_connection(hub: Hub, caller: Caller) -> tuple[Connection, FakeTransport]:
    transport = FakeTransport()
    connection = Connection(hub, transport)
    connection.identity = SocketIdentity(caller.credential, "", "http://x")
    connection.state = CredentialState(caller.credential)
    connection.state.caller = caller
    connection.state.connections.add(connection)
    hub.go_live(connection)
    return connection, transport


def test_a_change_that_cannot_be_sent_is_a_reset_for_its_callers(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> tuple[list[bytes], list[bytes]]:
        hub = Hub()
        hub.receiver.epoch = "e"
        _, ours = live_connection(hub, Caller("key", "key:1", frozenset({1})))
        _, theirs = live_connection(hub, Caller("key", "key:2", frozenset({2})))
        original = hub.broadcaster.broadcast

        def broadcast(changes: Any, cursor: int) -> None:
            if any(change.ev == "poison" for change in changes):
                raise ZeroDivisionError
            original(changes, cursor)

        monkeypatch.setattr(hub.broadcaster, "broadcast", broadcast)
        for transport in (ours, theirs):
            transport.written.clear()
        for seq, text in ((1, "poison"), (2, "good")):
            hub.receiver.accept([Change(seq, 1, "area", *[None] * 6, text, None)])
        await asyncio.gather(*hub._background._tasks)
        await hub.database.close()
        return ours.written, theirs.written

    ours, theirs = asyncio.run(run())
    assert ours[0] == frame(reset(1, "e"))
    assert b"good" in ours[1]
    assert theirs == []


def test_a_socket_whose_permissions_cannot_be_read_is_closed(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_caller(_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(credentials, "find_caller", find_caller)

    async def run() -> int | None:
        hub = Hub()
        database = Database()
        registry = CredentialRegistry(database, hub.resume)
        connection, transport = live_connection(
            hub, Caller("key", "key:1", frozenset({1}))
        )
        state = connection.state
        assert state is not None
        registry.invalidate(state, is_void=False)
        assert state.loading is not None
        await asyncio.gather(state.loading, return_exceptions=True)
        await database.close()
        return transport.closed

    assert asyncio.run(run()) == Close.FAULT
    assert recorded("feed") == {("rights", "key:1")}


def test_presence_continues_after_a_database_error(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []
    published = asyncio.Event()

    async def publish_changes(_: Presence) -> None:
        calls.append(True)
        if len(calls) == 1:
            raise psycopg.errors.ForeignKeyViolation("the operator was deleted")
        published.set()

    monkeypatch.setattr(Presence, "_publish_changes", publish_changes)

    async def run() -> None:
        hub = Hub()
        keeping = asyncio.create_task(hub.presence.keep())
        await asyncio.wait_for(published.wait(), 20)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await hub.database.close()

    asyncio.run(run())
    assert recorded("feed") == {("presence", "")}


def test_a_deactivated_operator_is_offline(
    feed: Feed, api: Api, people: dict[str, Api], ana: Any
) -> None:
    watcher, opened = feed.open(api), feed.open(people["ana"])
    assert next_now(watcher, "presence")["online"] is True
    ana.is_active = False
    ana.save()
    assert opened.closed() == Close.RIGHTS_GONE
    payload = next_now(watcher, "presence")
    assert (payload["id"], payload["online"]) == (str(ana.pk), False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM areas_presence")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("load", ["change_new_epoch", "change_bulk_load"])
def test_a_new_epoch_reads_all_permissions_again(
    feed: Feed,
    manager: Any,
    people: dict[str, Api],
    ana: Any,
    support: Any,
    load: str,
) -> None:
    """Also permissions that changed without being captured."""
    contact = builders.make_contact(manager, area=support)
    opened = feed.open(people["ana"])
    with transaction.atomic():
        execute(f"SELECT {load}()")
        ana.areas.through.objects.create(manager=manager, operator=ana, area=support)
    opened.reset()
    feed.await_quiet()
    Contact.objects.filter(pk=contact.pk).update(sa=5)
    builders.make_area(manager, "the-end")
    received = {event["id"] for event in opened.events_until(is_end)}
    assert contact.public_id in received
