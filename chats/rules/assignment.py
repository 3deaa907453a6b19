"""Assigns waiting contacts to operators automatically, and records why.

A task of an area assigns one contact and reschedules itself while others wait: each
assignment is a separate transaction, which locks the operator before the contact, as
claims do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from areas.models import Assignment
from areas.rules.in_force import in_force
from areas.rules.policies import PolicySettings
from chats.conversations.audit import Actor, Entry, record_in_open_chats
from chats.models import ChatEvent, Task
from chats.rules.candidates import (
    LAST,
    Candidate,
    candidates_of,
    explain_choice,
    prefer,
)
from chats.rules.context import RuleContext
from chats.rules.tasks import LeasedTask, schedule
from chats.rules.waiting import last_operator, waiting_in
from contacts.models import Contact
from hci_center.database.clock import server_time

# When to retry a contact that another transaction has locked, in seconds.
AGAIN = 0.1
# Claims lock the operator FOR SHARE, so claims and assignments are serialized. He
# cannot leave the area meanwhile.
_LOCK_OPERATOR = """
SELECT o.id FROM areas_operator o
  JOIN areas_operatorarea s ON s.operator_id = o.id AND s.area_id = %(area)s
 WHERE o.id = %(operator)s AND o.is_active
   FOR NO KEY UPDATE OF o FOR KEY SHARE OF s
"""
# Never waits for the contact: a claim may have locked it and wait for the operator.
_LOCK_CONTACT = """
SELECT id FROM contacts_contact
 WHERE id = %(contact)s AND operator_id IS NULL FOR NO KEY UPDATE SKIP LOCKED
"""
# A separate statement, so that it counts after the operator was locked.
_ASSIGN = """
UPDATE contacts_contact c SET operator_id = %(operator)s
 WHERE c.id = %(contact)s AND c.operator_id IS NULL AND c.area_id = %(area)s
   AND c.deleted_at IS NULL
   AND EXISTS (SELECT FROM chats_chat h
                WHERE h.contact_id = c.id AND h.closed_at IS NULL
                  AND NOT EXISTS (SELECT FROM chats_menustate x
                                   WHERE x.chat_id = h.id))
   AND EXISTS (SELECT FROM areas_presence p
                WHERE p.operator_id = %(operator)s AND p.online_until > now())
   AND NOT EXISTS (SELECT FROM areas_availability v
                    WHERE v.operator_id = %(operator)s AND v.state <> 'online')
   AND (%(cap)s = 0 OR %(cap)s > (
         SELECT count(*) FROM contacts_contact k
           JOIN chats_chat h ON h.contact_id = k.id AND h.closed_at IS NULL
          WHERE k.operator_id = %(operator)s AND k.deleted_at IS NULL))
RETURNING c.id
"""
# Checks every queue, because opening hours may have started without any other event.
_SWEEP = """
SELECT schedule_assignment(w.manager_id, array_agg(w.area_id)) FROM (
  SELECT DISTINCT c.manager_id, c.area_id
    FROM contacts_contact c
    JOIN managers_manager m ON m.id = c.manager_id AND m.has_automation
    JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
   WHERE c.area_id IS NOT NULL AND c.operator_id IS NULL AND c.deleted_at IS NULL) w
 GROUP BY w.manager_id
"""
_GIVEN = """
WITH why AS (
  INSERT INTO chats_assignment (event_id, rule, trigger, candidates)
  VALUES (%(event)s, %(rule)s, %(trigger)s, %(candidates)s::jsonb)
)
INSERT INTO areas_lastassignment (operator_id, area_id, at)
VALUES (%(operator)s, %(area)s, clock_timestamp())
ON CONFLICT (operator_id, area_id) DO UPDATE SET at = excluded.at
"""
# The operator from whom a person released or moved the contact, if that happened last.
_LET_GO = """
SELECT before.operator_id
  FROM chats_chat h
  CROSS JOIN LATERAL (
    SELECT e.id, e.kind, e.actor FROM chats_chatevent e
     WHERE e.chat_id = h.id AND e.kind IN ('released', 'entered_area', 'transferred',
                                           'opened', 'reopened', 'claimed', 'assigned')
     ORDER BY e.id DESC LIMIT 1) last
  CROSS JOIN LATERAL (
    SELECT e.operator_id FROM chats_chatevent e
     WHERE e.chat_id = h.id AND e.id < last.id AND e.operator_id IS NOT NULL
     ORDER BY e.id DESC LIMIT 1) before
 WHERE h.contact_id = %s AND h.closed_at IS NULL
   AND last.kind IN ('released', 'entered_area') AND last.actor NOT LIKE 'rule:%%'
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A contact and the operators who may get it, in the order of the rule."""

    contact_id: int
    rule: str
    candidates: list[Candidate]


def assign_soon(contact: Contact) -> None:
    """Schedules the assignment of a contact that waits in an area."""
    if contact.area_id is not None:
        schedule(Task.Kind.ASSIGN, contact.manager_id, area_id=contact.area_id)


def handle_assign(task: LeasedTask) -> None:
    """Assigns the longest waiting contact of an area to an operator, if one is free."""
    if task.area_id is None:
        return
    area, rules = task.area_id, in_force(task.manager_id, task.area_id)
    policy = rules.policy
    if not _is_on(policy) or not rules.timetable.is_open(server_time()):
        return
    waiting = waiting_in(area, policy)
    skipped = False
    for contact_id in waiting:
        choice = choose(contact_id, area, policy)
        given, was_locked = _give(choice, area, trigger="queue")
        skipped |= was_locked
        if given:
            if len(waiting) > 1:
                _again(task, timedelta(0))
            return
        if policy.assign != Assignment.OFF and not was_locked:
            break  # nobody is free for the others either
    if skipped:
        _again(task, timedelta(seconds=AGAIN))


def choose(contact_id: int, area_id: int, policy: PolicySettings) -> Choice:
    """Returns the operators who may get the contact now, in the order of the rule.

    The contact's last operator comes first if the policy says so; one who released it
    comes last.
    """
    rule = policy.assign
    found = candidates_of(area_id, policy, rule)
    last = last_operator(contact_id, policy)
    chosen, candidates = prefer(found, rule, last, lambda: _one(_LET_GO, [contact_id]))
    return Choice(contact_id, chosen, candidates)


def fits_last_operator(context: RuleContext) -> bool:
    """Returns whether the contact would be assigned to its last operator now."""
    contact, policy = context.contact, context.policy
    if contact.area_id is None or not policy.last_operator:
        return False
    if not context.timetable.is_open(context.now):
        return False
    return choose(contact.pk, contact.area_id, policy).rule == LAST


def _give(choice: Choice, area: int, *, trigger: str) -> tuple[bool, bool]:
    """Tries the candidates in order.

    Returns whether one got the contact, and whether another transaction had locked it.
    """
    for one in choice.candidates:
        if one.passed is not None:
            continue
        try:
            # Rolling back releases both locks: the next operator must be locked before
            # the contact, too.
            with transaction.atomic():
                _assign(choice, one, area, trigger)
        except _NotGivenError as error:
            if error.is_locked:
                return False, True
        else:
            return True, False
    return False, False


class _NotGivenError(Exception):
    """The operator did not get the contact; `is_locked`: by another transaction."""

    def __init__(self, *, is_locked: bool = False) -> None:
        self.is_locked = is_locked


def _assign(choice: Choice, one: Candidate, area: int, trigger: str) -> None:
    values: dict[str, Any] = {
        "operator": one.operator_id,
        "contact": choice.contact_id,
        "area": area,
        "cap": one.cap,
    }
    if _one(_LOCK_OPERATOR, values) is None:
        raise _NotGivenError
    if _one(_LOCK_CONTACT, values) is None:
        raise _NotGivenError(is_locked=True)
    if _one(_ASSIGN, values) is None:
        raise _NotGivenError
    _record(choice, one, area, trigger)


def _record(choice: Choice, chosen: Candidate, area: int, trigger: str) -> None:
    explain_choice(choice.candidates, chosen.operator_id, choice.rule)
    [event_id] = record_in_open_chats(
        [choice.contact_id],
        [Entry(ChatEvent.Kind.ASSIGNED, choice.rule)],
        actor=Actor(f"rule:{choice.rule}"),
    )
    candidates = json.dumps([one.as_json() for one in choice.candidates])
    values: dict[str, Any] = {
        "event": event_id,
        "rule": choice.rule,
        "trigger": trigger,
        "candidates": candidates,
        "operator": chosen.operator_id,
        "area": area,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN, values)


def sweep() -> None:
    """Schedules the assignment of every area with waiting contacts."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP)


def _is_on(policy: PolicySettings) -> bool:
    return policy.assign != Assignment.OFF or policy.last_operator > 0


def _again(task: LeasedTask, wait: timedelta) -> None:
    schedule(Task.Kind.ASSIGN, task.manager_id, area_id=task.area_id, after=wait)


def _one(statement: str, values: Any) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])
