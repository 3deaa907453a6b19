"""Starts and ends the service level clocks of chats, and marks those that run out.

A trigger marks a clock as met or void in the statement that causes it. The worker
starts clocks, because their due times depend on the opening hours and are computed in
Python. It derives them from the ledger and the messages, so the result is the same if
this is delayed or repeated, or if a worker is killed meanwhile. A ledger line schedules
a task for it; after a customer's message, the task that applies the rules does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Coalesce, Now

from chats.models import Chat, ChatEvent, Clock, Task
from chats.rules.clock_rows import (
    TARGETS,
    Version,
    Versions,
    clocks_of,
    lines_of,
    start,
    target_of,
    turns_of,
    versions_of,
)
from chats.rules.clock_spans import (
    Span,
    episodes_of,
    spans_of,
)
from chats.rules.context import RuleContext
from chats.rules.tasks import LeasedTask, schedule
from hci_center.database.clock import server_time
from hci_center.database.rows import ModelRows

# A task includes chats that were closed at most this long before it was due; after
# failures, which delay the task, chats that were closed in the last day.
MARGIN, MARGIN_AFTER_FAILURE = timedelta(minutes=10), timedelta(days=1)
# When to retry while the rules have not handled a message yet, in seconds.
AGAIN = 0.1
# The maximum number of clocks at risk, and of due ones, that one statement marks.
ROOM = 500

# A customer's message can only start a clock if the hours have such a target, and if he
# is not waiting already.
_CAN_START = """
SELECT EXISTS (SELECT FROM areas_area a WHERE a.manager_id = h.manager_id)
  FROM chats_chat h
  CROSS JOIN LATERAL (SELECT e.schedule_id FROM chats_chatevent e
                       WHERE e.chat_id = h.id ORDER BY e.id DESC LIMIT 1) newest
  JOIN areas_schedule s ON s.id = newest.schedule_id
 WHERE h.id = %s AND h.closed_at IS NULL
   AND s.targets @@ '$.tmr > 0 || $.tmr1 > 0'
   AND NOT EXISTS (SELECT FROM chats_clock k
                    WHERE k.chat_id = h.id AND k.kind IN ('first', 'reply')
                      AND k.met_at IS NULL AND k.void_at IS NULL)
"""
_LOCK = "SELECT FROM contacts_contact WHERE id = %s FOR NO KEY UPDATE"
# The contact's open chat and those closed since; whether the manager has areas; and
# whether the rules have yet to handle the contact's messages. Failed rules do not delay
# the clocks.
_CHATS = ModelRows(Chat)
_READ = f"""
SELECT {_CHATS.columns("h")},
       EXISTS (SELECT FROM areas_area a WHERE a.manager_id = h.manager_id),
       EXISTS (SELECT FROM chats_task t
                WHERE t.kind = 'inbound' AND t.contact_id = h.contact_id
                  AND t.failures = 0)
  FROM chats_chat h
 WHERE h.contact_id = %s AND (h.closed_at IS NULL OR h.closed_at >= %s)
 ORDER BY h.id
"""  # noqa: S608 - of columns
# Uses the two partial indexes. Skips clocks that another statement has just ended.
_NOTIFY = """
UPDATE chats_clock k
   SET notified = CASE WHEN k.due_at <= clock_timestamp() THEN 2 ELSE 1 END
 WHERE k.id IN (
         (SELECT id FROM chats_clock
           WHERE met_at IS NULL AND void_at IS NULL AND notified = 0
             AND risk_at <= clock_timestamp() ORDER BY risk_at LIMIT %(room)s)
         UNION
         (SELECT id FROM chats_clock
           WHERE met_at IS NULL AND void_at IS NULL AND notified < 2
             AND due_at <= clock_timestamp() ORDER BY due_at LIMIT %(room)s))
   AND k.met_at IS NULL AND k.void_at IS NULL
   AND k.notified < CASE WHEN k.due_at <= clock_timestamp() THEN 2 ELSE 1 END
"""


def start_for_messages(context: RuleContext, *, is_retry: bool) -> None:
    """Starts the clocks for a customer's messages, if the hours have targets for them.

    Part of the caller's transaction, after the rules have handled the messages. On a
    retry, the clocks are scheduled as a separate task, so that neither an error in the
    rules nor one in the clocks blocks the other.
    """
    chat = context.chat
    with connection.cursor() as cursor:
        cursor.execute(_CAN_START, [chat.pk])
        row = cursor.fetchone()
    if row is None:
        return
    if is_retry:
        schedule(
            Task.Kind.CLOCK, chat.manager_id, contact_id=chat.contact_id, soonest=True
        )
        return
    [has_areas] = row
    store_clocks(chat, context.now, has_areas=has_areas)


def handle_clock(task: LeasedTask) -> None:
    """Stores the clocks of a contact's open chat and of recently closed ones."""
    if task.contact_id is None:
        return
    since = _since(task)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [task.contact_id])
        cursor.execute(_READ, [task.contact_id, since])
        rows = cursor.fetchall()
    for *columns, has_areas, is_pending in rows:
        chat = _CHATS.read(columns)
        if is_pending and chat.closed_at is None:
            # The rules may still start the menu.
            schedule(
                Task.Kind.CLOCK,
                task.manager_id,
                contact_id=task.contact_id,
                after=timedelta(seconds=AGAIN),
            )
        else:
            store_clocks(chat, since, has_areas=has_areas)


def notify() -> int:
    """Marks clocks that are now at risk or due, once each; returns how many.

    The feed sends this change to everyone who can see the chat: its operator, the area
    while it has no operator, and supervisors.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY, {"room": ROOM})
        return int(cursor.rowcount)


def store_clocks(chat: Chat, since: datetime, *, has_areas: bool) -> None:
    """Updates the clocks of a chat to match its ledger and messages.

    The transaction must have locked its contact. Episodes that ended before `since` are
    not changed; correct clocks are not written again. `has_areas`: whether the chat's
    manager has any areas.
    """
    compared = _compared(chat, since, has_areas=has_areas)
    if compared is not None:
        _reconcile(chat, *compared)


def are_wrong(chat: Chat, *, has_areas: bool) -> bool:
    """Returns whether the clocks of an open chat do not match its ledger and messages.

    The transaction must have locked its contact.
    """
    compared = _compared(chat, server_time(), has_areas=has_areas)
    if compared is None:
        return False
    rows, wanted, _versions = compared
    return any(_differences(rows, wanted))


def _compared(
    chat: Chat, since: datetime, *, has_areas: bool
) -> tuple[list[Clock], list[Span], Versions] | None:
    """Returns the stored clocks, the expected spans, and the versions of the hours."""
    episodes = [
        episode
        for episode in episodes_of(lines_of(chat))
        if episode[-1].kind != ChatEvent.Kind.CLOSED or episode[-1].at >= since
    ]
    if not episodes:
        return None
    begins = [episode[0].at for episode in episodes]
    rows = clocks_of(chat, begins[0])
    versions = versions_of(line for episode in episodes for line in episode)
    if not rows and not any(map(_has_targets, versions.values())):
        return None
    turns = turns_of(chat, begins)
    wanted = [
        span
        for episode in episodes
        for span in spans_of(episode, turns, has_areas=has_areas)
        if target_of(span, versions)
    ]
    return rows, wanted, versions


def _reconcile(
    chat: Chat,
    rows: Iterable[Clock],
    wanted: Iterable[Span],
    versions: Versions,
) -> None:
    stray, changed, missing = _differences(rows, wanted)
    # Voided first, because only one clock of a kind may be running. Some have been met
    # since the choice of area that makes them void.
    if stray:
        ended = Coalesce("met_at", Now())
        Clock.objects.filter(pk__in=stray).update(void_at=ended, met_at=None)
    for row, span in changed:
        Clock.objects.filter(pk=row.pk).update(met_at=span.met_at, void_at=span.void_at)
    start(chat, missing, versions)


def _differences(
    rows: Iterable[Clock], wanted: Iterable[Span]
) -> tuple[list[int], list[tuple[Clock, Span]], list[Span]]:
    """Returns ids of rows to void, rows to end with spans, and spans to insert."""
    left: dict[Any, list[Clock]] = defaultdict(list)
    for row in rows:
        left[row.kind, row.started_at, row.area_id, row.schedule_id].append(row)
    missing: list[Span] = []
    changed: list[tuple[Clock, Span]] = []
    for span in wanted:
        alike = left[span.kind, span.started_at, span.area_id, span.schedule_id]
        found = _match(alike, span)
        if found is None:
            missing.append(span)
            continue
        alike.remove(found)
        if _is_running(found) and (span.met_at or span.void_at):
            changed.append((found, span))
    stray = [row.pk for alike in left.values() for row in alike if not row.void_at]
    return stray, changed, missing


def _match(rows: Iterable[Clock], span: Span) -> Clock | None:
    """Returns a row that is still running, or that ended in the same way; else None."""
    ended = (bool(span.met_at), bool(span.void_at))
    for row in rows:
        if _is_running(row) or ended == (bool(row.met_at), bool(row.void_at)):
            return row
    return None


def _is_running(row: Clock) -> bool:
    return row.met_at is None and row.void_at is None


def _has_targets(version: Version) -> bool:
    return any(version[1].get(name) for name in TARGETS.values())


def _since(task: LeasedTask) -> datetime:
    if task.failures:
        return server_time() - MARGIN_AFTER_FAILURE
    return task.run_at - MARGIN
