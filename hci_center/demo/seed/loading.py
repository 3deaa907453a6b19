"""Loads the demonstration into the tables by COPY, in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.db import connection, transaction

from hci_center.demo.seed.chat_writer import write_chat
from hci_center.demo.seed.companies import Company, make_companies
from hci_center.demo.seed.copy_buffers import COLUMNS, CopyBuffers
from hci_center.demo.seed.customers import Invented, invent
from hci_center.demo.seed.sample_files import files_enclosed
from hci_center.demo.seed.sessions import load_sessions
from hci_center.demo.seed.timeline import Timeline
from hci_center.demo.seed.working_days import COLUMNS as SPAN_COLUMNS
from hci_center.demo.seed.working_days import TABLE, presence_lines
from hci_center.reports.kept.volume_hours import forget_hours
from managers.models import Manager

# Customers in a block: some 15,000 messages, a few megabytes of text at a time.
BLOCK = 500
IDS_AT_ONCE = 1000
# How the outgoing messages of the last 92 days were delivered: within seconds, spread by
# their ids.
_DELIVERIES = """
INSERT INTO chats_delivery (message_id, manager_id, contact_id, channel, token, attempts,
                            failures, queued_at, next_at, attempted_at, fence, in_flight,
                            done_at, sent_at, delivered_at, read_at, failed_at, failed_code)
SELECT m.id, m.manager_id, m.contact_id, c.channel, '', 1,
       CASE m.status WHEN 'failed' THEN 1 ELSE 0 END,
       m.stored_at, m.stored_at, m.stored_at + sent / 2, 1, false,
       m.stored_at + sent,
       CASE WHEN m.status <> 'failed' THEN m.stored_at + sent END,
       CASE WHEN m.status IN ('delivered', 'read') THEN m.stored_at + sent * 3 END,
       CASE WHEN m.status = 'read' THEN m.stored_at + sent * 3 + sent * 40 END,
       CASE WHEN m.status = 'failed' THEN m.stored_at + sent END,
       CASE WHEN m.status <> 'failed' THEN ''
            ELSE (ARRAY['bad_recipient', 'window_closed', 'reported'])[1 + m.id %% 3] END
  FROM chats_message m JOIN contacts_contact c ON c.id = m.contact_id,
       LATERAL (SELECT interval '1 ms' * (120 + m.id * 7919 %% 900) AS sent) s
 WHERE m.manager_id = ANY(%s) AND m.direction = 'out'
   AND m.created_at > %s - interval '92 days'
"""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a demonstration."""

    managers: int
    contacts: int
    messages: int


def seed(
    size: Size, *, seed: int, now: datetime, progress: Callable[[int], Any]
) -> list[Manager]:
    """Adds a demonstration of that size in one transaction; returns its managers.

    Existing rows are not changed. The same seed with the same number of existing
    managers creates the same data, with times counted back from `now`. `progress` is
    called with the number of messages written since its last call. All constraints are
    checked, block by block. The live feed publishes none of the rows; after the commit
    its clients reload everything.
    """
    with ExitStack() as enclosed, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT change_bulk_load()")
        rng = Random(f"{seed}/{Manager.objects.count()}")  # noqa: S311 - no secret
        companies = make_companies(
            size.managers, size.contacts // size.managers, rng=rng, now=now
        )
        # At the end of each COPY instead of all at once at the commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for buffers in _blocks(size, companies, rng, now, cursor):
            for table, lines in buffers.by_table():
                statement = f"COPY {table} ({COLUMNS[table]}) FROM STDIN"
                with cursor.copy(statement) as copy:
                    copy.write("".join(lines))
            progress(len(buffers.messages))
        managers = [company.manager for company in companies]
        _load_presence(companies, rng, now, cursor)
        cursor.execute(_DELIVERIES, [[manager.pk for manager in managers], now])
        load_sessions(companies, rng, now, cursor)
        # Hours of the past were counted before these messages were there.
        forget_hours()
        enclosed.enter_context(files_enclosed(managers, cursor))
    with connection.cursor() as cursor:
        for table in COLUMNS:
            cursor.execute(f"ANALYZE {table}")
    return managers


def _blocks(
    size: Size, companies: list[Company], rng: Random, now: datetime, cursor: Any
) -> Iterator[CopyBuffers]:
    contact_ids = _numbers(cursor, "contacts_contact_id_seq")
    chat_ids = _numbers(cursor, "chats_chat_id_seq")
    timeline = Timeline(rng, now, chat_ids, _numbers(cursor, "protocol_number"))
    message_counts = _message_counts(size.messages, size.contacts, rng)
    buffers = CopyBuffers()
    for index, company in enumerate(companies):
        customers = size.contacts // len(companies)
        customers += index < size.contacts % len(companies)
        for invented in invent(company, customers, contact_ids, rng):
            _write(invented, next(message_counts), timeline, buffers)
            if len(buffers.contacts) == BLOCK:
                yield buffers
                buffers = CopyBuffers()
    yield buffers


def _load_presence(
    companies: list[Company], rng: Random, now: datetime, cursor: Any
) -> None:
    timeline = Timeline(rng, now, iter(()), iter(()))
    with cursor.copy(f"COPY {TABLE} ({SPAN_COLUMNS}) FROM STDIN") as copy:
        for line in presence_lines(companies, timeline, rng):
            copy.write(line)


def _write(
    invented: Invented, messages: int, timeline: Timeline, buffers: CopyBuffers
) -> None:
    outcome = write_chat(invented.customer, messages, timeline, buffers)
    buffers.contacts.append(invented.line(outcome, timeline))
    buffers.identities.extend(invented.identity_lines())


def _message_counts(messages: int, contacts: int, rng: Random) -> Iterator[int]:
    """Yields each contact's number of messages: unequal, with exactly that total."""
    while contacts:
        mean = messages / contacts
        share = round(mean * rng.choice((0.3, 0.5, 0.7, 0.9, 1.0, 1.2, 1.6, 1.8)))
        share = messages if contacts == 1 else min(share, messages)
        yield share
        messages -= share
        contacts -= 1


def _numbers(cursor: Any, sequence: str) -> Iterator[int]:
    """Yields numbers of a sequence, as if each row had called nextval."""
    draw = "SELECT nextval(%s::regclass) FROM generate_series(1, %s)"
    while True:
        cursor.execute(draw, [sequence, IDS_AT_ONCE])
        yield from [number for (number,) in cursor.fetchall()]
