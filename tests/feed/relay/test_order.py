"""Many writers that commit out of order: no event is lost, repeated or out of order."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from typing import Any

import psycopg

from contacts.models import Contact
from tests import builders
from tests.conftest import Api
from tests.feed.conftest import parameters
from tests.feed.processes import Feed

SECONDS = 10.0
WRITERS = 8
ROWS = 20


def write(seed: int, ids: list[int], until: float) -> None:
    """Increments the `sa` of a few rows at a time and commits slowly."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    with psycopg.connect(**parameters()) as database:
        while time.monotonic() < until:
            if chance.random() < 0.3:
                # A long transaction that writes late.
                database.execute("SELECT pg_current_xact_id()")
                time.sleep(chance.random() * 0.01)
            for pk in sorted(chance.sample(ids, chance.randint(1, 3))):
                database.execute(
                    "UPDATE contacts_contact SET sa = sa + 1 WHERE id = %s", [pk]
                )
                time.sleep(chance.random() * 0.004)
            if chance.random() < 0.1:
                database.rollback()
            else:
                database.commit()


def test_eight_writers_and_an_idle_transaction(
    feed: Feed, manager: Any, api: Api, elsewhere: Any
) -> None:
    contacts = [builders.make_contact(manager, sa=0) for _ in range(ROWS)]
    feed.await_quiet()
    opened = feed.open(api)
    ids = [contact.pk for contact in contacts]
    until = time.monotonic() + SECONDS
    with elsewhere() as idler:
        idler.execute("UPDATE managers_manager SET email = 'x' WHERE id = -1")
        idler.execute("SELECT pg_current_xact_id()")
        writers = [
            threading.Thread(target=write, args=(seed, ids, until))
            for seed in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        feed.await_quiet()
    builders.make_area(manager, "the-end")
    sent: dict[Any, list[int]] = defaultdict(list)
    for event in opened.events_until(lambda event: event["k"] == "area"):
        sent[event["id"]].append(event["row"]["sa"])
    committed = {c.public_id: c.sa for c in Contact.objects.filter(pk__in=ids)}
    assert sum(committed.values()) > 100
    for contact, count in committed.items():
        assert sent[contact] == list(range(1, count + 1))


def test_changes_committed_later_than_newer_ones_are_sent(
    feed: Feed, manager: Any, api: Api, elsewhere: Any
) -> None:
    """`mark`, up to which the log is complete, never passes an open transaction."""
    opened = feed.open(api)
    with elsewhere() as writer:
        writer.execute(
            "INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)"
            " VALUES (%s, 'early', 'Early', false, now())",
            [manager.pk],
        )
        for n in range(30):
            builders.make_area(manager, f"later-{n}")
            if n % 10 == 9:
                feed.await_numbered()
        writer.connection.commit()
    builders.make_area(manager, "the-end")
    sent = [e["id"] for e in opened.events_until(lambda e: e["id"] == "the-end")]
    assert sent == [f"later-{n}" for n in range(30)] + ["early"]


AWAKE = """
SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.locktype = 'advisory'
                  AND l.objid = 772 AND l.mode = 'ExclusiveLock')
"""


def test_a_commit_after_the_relay_was_seen_awake_is_read_soon(
    feed: Feed, manager: Any, api: Api, elsewhere: Any
) -> None:
    opened = feed.open(api)
    with elsewhere() as writer, elsewhere() as reader:
        is_awake, until = False, time.monotonic() + 10
        while not is_awake:
            assert time.monotonic() < until
            for _ in range(10):
                builders.make_area(manager)
            is_awake = reader.execute(AWAKE).fetchone()[0]
        # Its trigger found the relay awake, so its commit sends no notification.
        writer.execute(
            "INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)"
            " VALUES (%s, 'late', 'Late', false, now())",
            [manager.pk],
        )
        while reader.execute(AWAKE).fetchone()[0]:
            time.sleep(0.01)
        writer.connection.commit()
        committed = time.monotonic()
        opened.events_until(lambda event: event["id"] == "late")
        assert time.monotonic() - committed < 0.5
