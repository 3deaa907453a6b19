"""The tasks of the rules: work that is due at a given time.

There is at most one task per kind and contact, area or operator. The transaction that
changes a state schedules the task. The worker leases it and runs it in one transaction,
which also deletes the leased version, so that its effects are committed exactly once
even if the worker is killed. A task that was rescheduled meanwhile has a newer version
and is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from hci_center.background import faults
from hci_center.database.faults import (
    DEADLOCK,
    LOCK_TIMEOUT,
    describe,
    fault_of,
    is_lost,
)
from hci_center.logs.context import bound

logger = logging.getLogger(__name__)

# How long a worker may take for a task, in seconds, before another one may lease it.
LEASE = 30
# The delay after an error, in seconds; doubled for each consecutive one.
FIRST_DELAY, LONGEST_DELAY = 1, 300

# With `soonest`, the earlier of both times applies.
_SCHEDULE = """
INSERT INTO chats_task AS t (manager_id, kind, contact_id, area_id, operator_id, run_at)
VALUES (%(manager)s, %(kind)s, %(contact)s, %(area)s, %(operator)s,
        coalesce(%(run_at)s::timestamptz, clock_timestamp() + %(after)s))
ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
   SET run_at = CASE WHEN %(soonest)s THEN least(t.run_at, excluded.run_at)
                     ELSE excluded.run_at END,
       version = t.version + 1, lease_until = NULL, failures = 0
"""
_CANCEL = """
DELETE FROM chats_task
 WHERE kind = %(kind)s AND contact_id IS NOT DISTINCT FROM %(contact)s::bigint
   AND area_id IS NOT DISTINCT FROM %(area)s::bigint
   AND operator_id IS NOT DISTINCT FROM %(operator)s::bigint
"""
_DUE = """SELECT id FROM chats_task
   WHERE {kinds} AND run_at <= clock_timestamp()
     AND (lease_until IS NULL OR lease_until < clock_timestamp())
   ORDER BY run_at LIMIT {room} FOR UPDATE SKIP LOCKED"""
# Clocks come last, because computing them later gives the same result. There is an
# index for each of the two subqueries. The commit does not wait for the disk: losing a
# lease in a crash of the database does no harm.
_LEASE = f"""
WITH others AS (
  {_DUE.format(kinds="kind <> 'clock'", room="%(room)s")}
), clocks AS (
  {_DUE.format(kinds="kind = 'clock'", room="(SELECT %(room)s - count(*) FROM others)")}
)
UPDATE chats_task t
   SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM (SELECT id FROM others UNION ALL SELECT id FROM clocks) due,
       set_config('synchronous_commit', 'off', true)
 WHERE t.id = due.id
RETURNING t.id, t.manager_id, t.kind, t.contact_id, t.area_id, t.operator_id, t.version,
          t.failures, t.run_at, t.lease_until
"""  # noqa: S608 - of conditions
_DONE = "DELETE FROM chats_task WHERE id = %s AND version = %s"
_PUT_OFF = """
UPDATE chats_task
   SET run_at = clock_timestamp() + make_interval(secs => %s), lease_until = NULL,
       failures = failures + %s
 WHERE id = %s AND version = %s AND lease_until = %s
"""


@dataclass(frozen=True, slots=True)
class LeasedTask:
    """A task that this worker has leased, with the version that it read."""

    id: int
    manager_id: int
    kind: str
    contact_id: int | None
    area_id: int | None
    operator_id: int | None
    version: int
    failures: int
    run_at: datetime
    # Identifies this lease: a later one of the same task ends at another time.
    lease_until: datetime


Handler = Callable[[LeasedTask], None]


def schedule(
    kind: str,
    manager_id: int,
    *,
    contact_id: int | None = None,
    area_id: int | None = None,
    operator_id: int | None = None,
    run_at: datetime | None = None,
    after: timedelta = timedelta(),
    soonest: bool = False,
) -> None:
    """Schedules the task at `run_at`, or `after` from now; replaces an existing one.

    With `soonest`, an existing task that is due earlier keeps its time. Part of the
    caller's transaction: the worker sees the task after the commit.
    """
    values: dict[str, Any] = {
        "manager": manager_id,
        "kind": kind,
        "contact": contact_id,
        "area": area_id,
        "operator": operator_id,
        "run_at": run_at,
        "after": after,
        "soonest": soonest,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCHEDULE, values)


def cancel(
    kind: str,
    *,
    contact_id: int | None = None,
    area_id: int | None = None,
    operator_id: int | None = None,
) -> None:
    """Deletes the task, if there is one."""
    values = {
        "kind": kind,
        "contact": contact_id,
        "area": area_id,
        "operator": operator_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, values)


def lease(room: int) -> list[LeasedTask]:
    """Leases up to `room` due tasks, those due first before others, clocks last."""
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, {"room": room, "lease": LEASE})
        return [LeasedTask(*row) for row in cursor.fetchall()]


def run(task: LeasedTask, handlers: Mapping[str, Handler]) -> None:
    """Runs a leased task in one transaction; after an error, it is retried later.

    A deadlock or lock timeout does not count as a failure: the task is retried almost
    immediately. Raises if the connection was lost: then call `give_back`.
    """
    with bound(task_id=task.id, manager_id=task.manager_id, contact_id=task.contact_id):
        _run(task, handlers)


def _run(task: LeasedTask, handlers: Mapping[str, Handler]) -> None:
    try:
        with transaction.atomic():
            handlers[task.kind](task)
            with connection.cursor() as cursor:
                cursor.execute(_DONE, [task.id, task.version])
    except Exception as error:
        if is_lost(error):
            raise
        passes = fault_of(error) in (DEADLOCK, LOCK_TIMEOUT)
        if fault_of(error) is not None and not passes:
            logger.warning("task %s: %s", task.id, describe(error))
            return  # leased again when the lease has expired
        if not passes:
            faults.record("rules", task.kind, error, f"task {task.id}")
        _put_off(task, is_fault=not passes)


def give_back(task: LeasedTask) -> None:
    """Releases a task after the connection was lost, before its lease expires.

    It counts as a failure, because the task may have caused it.
    """
    _put_off(task, is_fault=True)


def _put_off(task: LeasedTask, *, is_fault: bool) -> None:
    delay = min(FIRST_DELAY * 2**task.failures, LONGEST_DELAY) if is_fault else 0.1
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_OFF,
            [delay, int(is_fault), task.id, task.version, task.lease_until],
        )
