"""An error of one change, message or person does not affect others in the relay.

An error of a whole process ends it, so that it is restarted.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from contacts.models import Contact
from hci_center.feed.async_database import Connection as DatabaseConnection
from hci_center.feed.relay import partitions
from hci_center.feed.relay.leader import Relay
from hci_center.feed.relay.partitions import PartitionKeeper
from hci_center.feed.relay.publisher import Publisher
from tests import builders
from tests.conftest import Api
from tests.feed.faults import recorded
from tests.feed.processes import Feed, wait_until
from tests.feed.test_rights import is_end

pytestmark = pytest.mark.usefixtures("no_other_faults")


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_change_that_cannot_be_numbered_is_a_reset_and_others_are_sent(
    feed: Feed, manager: Any, people: dict[str, Api], contact: Contact
) -> None:
    opened = feed.open(people["key"])
    execute(
        "ALTER TABLE change_feed ADD CONSTRAINT poison"
        " CHECK (ev NOT LIKE '%%poison%%') NOT VALID"
    )
    try:
        with transaction.atomic():
            for n in range(20):
                builders.make_area(manager, f"before-{n}")
            Contact.objects.filter(pk=contact.pk).update(name="poison")
        seen = [str(opened.next())]
        # An earlier reset may come from the rows of the fixtures.
        while "'before-19'" not in "".join(seen) or "'t': 'reset'" not in seen[-1]:
            seen.append(str(opened.next()))
        builders.make_area(manager, "the-end")
        events = opened.events_until(is_end)
    finally:
        execute("ALTER TABLE change_feed DROP CONSTRAINT poison")
    assert all(f"'before-{n}'" in "".join(seen) for n in range(20))
    assert "poison" not in f"{seen}{events}"
    assert any(subject.startswith("change ") for _, subject in recorded("relay"))


def test_ephemeral_events_are_received_after_an_invalid_one(
    feed: Feed, manager: Any, api: Api
) -> None:
    watcher = feed.open(api)
    execute("SELECT pg_notify('change_now', 'garbage')")

    def send_until_received() -> dict[str, Any] | None:
        """Sends the event again until it arrives: a relay that starts misses it."""
        execute(
            "SELECT change_now(%s, %s::jsonb)",
            manager.pk,
            '{"k": "session", "state": "open"}',
        )
        try:
            return watcher.next(2.0)
        except TimeoutError:
            return None

    wait_until(lambda: (send_until_received() or {}).get("k") == "session")


def test_errors_of_partition_maintenance_do_not_end_the_relay(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []

    async def fail(_: DatabaseConnection) -> None:
        calls.append(True)
        raise psycopg.errors.UndefinedTable("no")

    monkeypatch.setattr(partitions, "maintain_partitions", fail)
    monkeypatch.setattr(partitions, "EVERY", 0.01)

    async def run() -> None:
        keeping = asyncio.create_task(PartitionKeeper().run())
        while len(calls) < 3:
            assert not keeping.done()
            await asyncio.sleep(0.01)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())
    assert recorded("relay") == {("partitions", "")}


def test_the_relay_ends_when_one_of_its_tasks_ends(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    """The relay is restarted then, instead of running on without that task."""

    async def broken(_: Publisher) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(Publisher, "run", broken)
    with pytest.raises(KeyError):
        asyncio.run(Relay().run())


def test_one_message_that_cannot_be_published_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published: list[Any] = []

    async def publish(message: dict[str, Any]) -> None:
        if message["type"] == "poison":
            raise TypeError("cannot be serialized")
        published.append(message["type"])

    monkeypatch.setattr("hci_center.feed.relay.publisher.publish", publish)

    async def run() -> None:
        publisher = Publisher()
        running = asyncio.create_task(publisher.run())
        for kind in ("poison", "good"):
            publisher.put({"type": kind})
        while not published:
            assert not running.done()
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert published == ["good"]
