"""Builds the stored rows of chats from their ledger and messages.

A change of a chat's past adds a row to `report_dirty` in the same transaction; the
worker processes these rows. There is no cursor, so late commits are not missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

from django.db import connection, transaction

from hci_center.background import faults
from hci_center.database.faults import is_lost
from hci_center.reports.kept.open_chats import DUE, IS_CURRENT, KEEP_OPEN
from hci_center.reports.kept.summing import MARK, RETURNED
from hci_center.reports.metrics.metric import VERSION

# How many chats a transaction processes, and for how many seconds the worker processes
# a backlog before it turns to other jobs.
BATCH = 200
TAKEN_FOR = 4.0

EPISODE_COLUMNS = """chat_id, episode, manager_id, contact_id, channel, origin, opened_by,
  begins, ends, opened_day, opened_hour, day, hour, area_id, closer_id, outcome, is_served,
  is_queued, had_bot, sa, authors, transfers, is_bounced, is_reopened, is_recontacted,
  movers, left_areas"""
SAMPLE_COLUMNS = """manager_id, metric, day, hour, area_id, operator_id, channel, micros,
  business_micros, target, mark, begins, ends, chat_id, episode, source"""

_OPEN = "SELECT o.chat_id FROM report_open o WHERE o.chat_id = ANY(%(ids)s)"

_FORGET = """
WITH open AS (DELETE FROM report_open WHERE chat_id = ANY(%(ids)s))
DELETE FROM report_episode WHERE chat_id = ANY(%(ids)s)
"""
_KEEP_EPISODES = f"""
INSERT INTO report_episode ({EPISODE_COLUMNS}, version, is_settled)
SELECT {EPISODE_COLUMNS}, %(version)s,
       coalesce(ends <= clock_timestamp() - interval '72 hours', true)
  FROM report_episodes(%(ids)s::bigint[]) WHERE ends IS NOT NULL OR chat_id IN ({_OPEN})
"""  # noqa: S608 - of columns
# The function returns the current time as the end of a hold that is still running.
_HOLDING = "metric = 'hold' AND is_open AND ends = statement_timestamp()"
_KEEP_SAMPLES = f"""
WITH gone AS (
  DELETE FROM report_sample WHERE chat_id = ANY(%(ids)s) RETURNING {RETURNED}
), made AS (
  INSERT INTO report_sample ({SAMPLE_COLUMNS}, is_open)
  SELECT {SAMPLE_COLUMNS.replace("metric", f"CASE WHEN {_HOLDING} THEN 'holding' ELSE metric END")},
         is_open
    FROM report_samples(%(ids)s::bigint[])
   WHERE NOT is_open OR chat_id IN ({_OPEN})
  RETURNING {RETURNED}
){MARK}"""  # noqa: S608 - of columns

# One worker at a time; the others skip it. The functions' plans are cached: for the few
# chats that are closed within seconds, planning took longer than everything else.
_ALONE = """
SELECT pg_try_advisory_xact_lock(hashtext('hci_center.reports.dirty')),
       set_config('plan_cache_mode', 'force_generic_plan', true)
"""
_TAKE = """
SELECT chat_id, array_agg(id) FROM (
  SELECT id, chat_id FROM report_dirty WHERE next_at <= clock_timestamp()
   ORDER BY next_at LIMIT %s) d
 GROUP BY chat_id
"""
_DONE = "DELETE FROM report_dirty WHERE id = ANY(%s)"
_PUT_OFF = """
UPDATE report_dirty
   SET failures = failures + 1,
       next_at = clock_timestamp() + least(interval '10 seconds' * 2 ^ least(failures, 10),
                                           interval '1 hour')
 WHERE id = ANY(%s)
"""
# Customers who come back within 72 hours change the stored rows of the previous
# closing.
_SETTLE = """
WITH due AS (
  UPDATE report_episode SET is_settled = true
   WHERE id IN (SELECT id FROM report_episode
                 WHERE NOT is_settled AND ends <= clock_timestamp() - interval '72 hours'
                 ORDER BY ends LIMIT %s)
  RETURNING chat_id)
INSERT INTO report_dirty (chat_id) SELECT DISTINCT chat_id FROM due
"""
_OLDER = """
INSERT INTO report_dirty (chat_id)
SELECT DISTINCT chat_id FROM (
  SELECT chat_id FROM report_episode WHERE version < %s LIMIT 20000) e
 WHERE NOT EXISTS (SELECT FROM report_dirty d WHERE d.chat_id = e.chat_id)
"""
_CHATS = """
SELECT h.id FROM chats_chat h
 WHERE h.id > %(after)s AND (%(manager)s::bigint IS NULL OR h.manager_id = %(manager)s)
   AND (%(since)s::date IS NULL OR coalesce(h.closed_at, now()) >= %(since)s::date)
 ORDER BY h.id LIMIT %(limit)s
"""
_COMPARED = f"""
WITH current AS MATERIALIZED (
  SELECT o.chat_id FROM report_open o JOIN chats_chat h ON h.id = o.chat_id
   WHERE h.id = ANY(%(ids)s) AND h.closed_at IS NULL AND {IS_CURRENT}
), computed AS (
  SELECT {EPISODE_COLUMNS} FROM report_episodes(%(ids)s::bigint[])
   WHERE ends IS NOT NULL OR chat_id IN (SELECT chat_id FROM current)
), kept AS (
  SELECT {EPISODE_COLUMNS} FROM report_episode WHERE chat_id = ANY(%(ids)s)
     AND (ends IS NOT NULL OR chat_id IN (SELECT chat_id FROM current))
), samples AS (
  SELECT {SAMPLE_COLUMNS} FROM report_samples(%(ids)s::bigint[])
   WHERE (NOT is_open OR chat_id IN (SELECT chat_id FROM current)) AND NOT ({_HOLDING})
), kept_samples AS (
  SELECT {SAMPLE_COLUMNS} FROM report_sample
   WHERE chat_id = ANY(%(ids)s) AND metric <> 'holding'
     AND (NOT is_open OR chat_id IN (SELECT chat_id FROM current))
)
SELECT chat_id, manager_id, side, what FROM (
  SELECT chat_id, manager_id, 'computed' AS side, to_jsonb(x) AS what
    FROM (SELECT * FROM computed EXCEPT ALL SELECT * FROM kept) x
   UNION ALL
  SELECT chat_id, manager_id, 'kept', to_jsonb(x)
    FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM computed) x
   UNION ALL
  SELECT chat_id, manager_id, 'computed', to_jsonb(x)
    FROM (SELECT * FROM samples EXCEPT ALL SELECT * FROM kept_samples) x
   UNION ALL
  SELECT chat_id, manager_id, 'kept', to_jsonb(x)
    FROM (SELECT * FROM kept_samples EXCEPT ALL SELECT * FROM samples) x) found
 WHERE chat_id NOT IN (SELECT chat_id FROM report_dirty)
   -- The 72 hours are not over, or the worker has not yet looked again.
   AND NOT (what ? 'is_recontacted' AND EXISTS (
         SELECT FROM report_episode e
          WHERE e.chat_id = found.chat_id AND NOT e.is_settled))
 ORDER BY chat_id, side
"""  # noqa: S608 - of columns


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is only stored, or only computed."""

    chat_id: int
    manager_id: int
    side: str
    row: str


def make(chat_ids: Sequence[int]) -> None:
    """Rebuilds the stored rows of the chats, in a transaction."""
    values: dict[str, Any] = {"ids": list(chat_ids), "version": VERSION}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_FORGET, KEEP_OPEN, _KEEP_EPISODES, _KEEP_SAMPLES):
            cursor.execute(statement, values)


def keep_open() -> int:
    """Stores open chats in which nothing has happened lately; returns their number."""
    until = monotonic() + TAKEN_FOR
    total = 0
    while True:
        taken = _keep_open_batch()
        total += taken
        if taken < BATCH or monotonic() > until:
            return total


def _keep_open_batch() -> int:
    """Stores a batch; chats that cannot be computed are marked, and block no other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(DUE, [BATCH])
        ids = [chat_id for (chat_id,) in cursor.fetchall()]
        try:
            if ids:
                make(ids)
        except Exception as error:
            if is_lost(error):
                raise
            cursor.execute(
                "INSERT INTO report_dirty (chat_id) SELECT unnest(%s)", [ids]
            )
    return len(ids)


def take_dirty() -> int:
    """Rebuilds the rows of marked chats in batches; returns their number.

    A chat that cannot be computed is recorded as a fault and postponed; it blocks no
    other.
    """
    until = monotonic() + TAKEN_FOR
    _execute(_SETTLE, [BATCH])
    _execute(_OLDER, [VERSION])
    total = 0
    while True:
        taken, failed = _take_batch()
        for chat_id, error in failed.items():
            faults.record("worker", "reports", error, f"chat {chat_id}")
        total += taken
        if taken < BATCH or monotonic() > until:
            return total


def _take_batch() -> tuple[int, dict[int, Exception]]:
    failed: dict[int, Exception] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0, failed
        cursor.execute(_TAKE, [BATCH])
        marks: dict[int, list[int]] = dict(cursor.fetchall())
        if not marks:
            return 0, failed
        try:
            make(list(marks))
        except Exception as error:
            if is_lost(error):
                raise
            failed = _make_each(list(marks))
        done = [n for chat, ids in marks.items() if chat not in failed for n in ids]
        cursor.execute(_DONE, [done])
        if failed:
            cursor.execute(_PUT_OFF, [[n for chat in failed for n in marks[chat]]])
    return sum(map(len, marks.values())), failed


def _make_each(chat_ids: Sequence[int]) -> dict[int, Exception]:
    """Rebuilds the rows of each chat separately; returns the errors by chat."""
    failed: dict[int, Exception] = {}
    for chat_id in chat_ids:
        try:
            make([chat_id])
        except Exception as error:
            if is_lost(error):
                raise
            failed[chat_id] = error
    return failed


def chats_in_batches(
    manager_id: int | None = None, since: date | None = None, size: int = BATCH
) -> Iterator[list[int]]:
    """Yields the ids of all chats, or those of a manager not closed before a day."""
    after = 0
    while True:
        values = {"after": after, "manager": manager_id, "since": since, "limit": size}
        with connection.cursor() as cursor:
            cursor.execute(_CHATS, values)
            ids = [chat_id for (chat_id,) in cursor.fetchall()]
        if not ids:
            return
        yield ids
        after = ids[-1]


def differences(chat_ids: Sequence[int]) -> list[Difference]:
    """Returns the differences between the stored and the computed rows of the chats.

    Chats that are marked to be rebuilt are excluded.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"ids": list(chat_ids)})
        return [Difference(*row) for row in cursor.fetchall()]


def _execute(statement: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
