"""Warns customers who do not answer, and closes their chats later.

Only for chats with an operator in which one of our people wrote last, and only while
the area is open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import Auto, ChatEvent, Task
from chats.rules.automatic import record_rule, rule_actor, say
from chats.rules.context import RuleContext, lock_context
from chats.rules.tasks import LeasedTask, schedule

# The last message of a person, theirs or ours; since when the operator has had the
# chat; when the customer was last warned.
_STATE = """
SELECT clock_timestamp(), word.direction,
       greatest(coalesce(word.stored_at, word.created_at),
                (SELECT max(e.at) FROM chats_chatevent e
                  WHERE e.chat_id = %(chat)s
                    AND e.kind IN ('claimed', 'assigned', 'transferred', 'reopened'))),
       (SELECT max(e.at) FROM chats_chatevent e
         WHERE e.chat_id = %(chat)s AND e.kind = 'warned')
  FROM (SELECT m.direction, m.stored_at, m.created_at FROM chats_message m
         WHERE m.chat_id = %(chat)s
           AND (m.direction = 'in' OR m.auto = 'phone' OR m.auto = '' AND EXISTS (
                 SELECT FROM areas_operator o
                  WHERE o.manager_id = m.manager_id AND o.id::text = m.sender))
         ORDER BY m.id DESC LIMIT 1) word
"""
# The statement that decides: a customer who has written is waiting.
_BEGIN_CLOSING = """
UPDATE contacts_contact SET queued_at = NULL
 WHERE id = %s AND waiting_since IS NULL AND operator_id IS NOT NULL
"""


class _State(NamedTuple):
    now: datetime
    direction: str
    since: datetime
    warned_at: datetime | None


def handle_idle(task: LeasedTask) -> None:
    """Warns or closes if that is due, otherwise reschedules the task."""
    if task.contact_id is None:
        return
    context = lock_context(task.contact_id)
    if context is None or context.contact.waiting_since is not None:
        return
    state = _state(context)
    if state is None or state.direction == "in":
        return  # scheduled again by the next message of a person
    policy = context.policy
    wait = timedelta(seconds=policy.idle_warn or policy.idle_close)
    if not wait:
        return
    if context.contact.operator_id is None:
        # Claims do not schedule this task, so that they stay fast.
        _reschedule(context, state.now + wait)
        return
    is_warned = state.warned_at is not None and state.warned_at > state.since
    if policy.idle_warn and not is_warned:
        due = state.since + timedelta(seconds=policy.idle_warn)
        if _is_due(context, due, state.now):
            _warn(context, state.now)
    elif policy.idle_close:
        begin = state.since
        if policy.idle_warn and state.warned_at is not None:
            begin = state.warned_at
        due = begin + timedelta(seconds=policy.idle_close)
        if _is_due(context, due, state.now):
            _close(context)


def _warn(context: RuleContext, now: datetime) -> None:
    policy = context.policy
    is_said = say(context, policy.idle_warn_text, Auto.IDLE) is not None
    record_rule(context, ChatEvent.Kind.WARNED, "idle", {"said": is_said})
    if policy.idle_close:
        _reschedule(context, now + timedelta(seconds=policy.idle_close))


def _close(context: RuleContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_CLOSING, [context.contact.pk])
        if not cursor.rowcount:
            return
    say(context, context.policy.idle_text, Auto.IDLE)
    close_chat_of_locked(
        context.contact, actor=rule_actor("idle"), cause=ChatEvent.Cause.IDLE
    )


def _is_due(context: RuleContext, due: datetime, now: datetime) -> bool:
    """Returns whether it is due and the area open; otherwise reschedules the task."""
    if due > now:
        _reschedule(context, due)
        return False
    timetable = context.timetable
    if timetable.is_open(now):
        return True
    opens_at = timetable.next_change(now)
    if opens_at is not None:
        _reschedule(context, opens_at)
    return False


def _reschedule(context: RuleContext, at: datetime) -> None:
    contact = context.contact
    schedule(Task.Kind.IDLE, contact.manager_id, contact_id=contact.pk, run_at=at)


def _state(context: RuleContext) -> _State | None:
    values: dict[str, Any] = {"chat": context.chat.pk}
    with connection.cursor() as cursor:
        cursor.execute(_STATE, values)
        row = cursor.fetchone()
    return None if row is None else _State(*row)
