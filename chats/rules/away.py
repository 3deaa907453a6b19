"""The text of a closed area, and the area that takes over meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from areas.rules.in_force import InForce
from areas.rules.schedules import timetable_of
from chats.conversations.assignment import move_locked
from chats.models import Auto, ChatEvent
from chats.rules.automatic import is_muted, record_rule, rule_actor, say
from chats.rules.context import RuleContext

# For this long after a person's message, the text is not sent.
QUIET_AFTER_PERSON = timedelta(minutes=30)
# How long the text counts as sent if the area never opens.
FOREVER = timedelta(days=366)

# One statement decides which of two workers sends it.
_SAY_ONCE = """
UPDATE contacts_contact SET away_until = %(until)s
 WHERE id = %(contact)s AND (away_until IS NULL OR away_until <= %(now)s)
"""
_PERSON_WROTE = """
SELECT EXISTS (
  SELECT FROM chats_message m
   WHERE m.chat_id = %(chat)s AND m.direction = 'out' AND m.auto IN ('', 'phone')
     AND m.sender <> '0' AND m.stored_at > %(since)s)
"""


@dataclass(frozen=True, slots=True)
class Away:
    """The text of a closed area, until when, and the open area that takes over."""

    text: str
    opens_at: datetime | None
    area_id: int | None


def away_at(
    manager_id: int, area_id: int | None, rules: InForce, at: datetime
) -> Away | None:
    """Returns the settings of a closed area; None if it is open.

    `rules` are those of the area.
    """
    if rules.timetable.is_open(at):
        return None
    policy = rules.policy
    other = policy.away_area_id
    if other == area_id or not (
        other is not None and timetable_of(manager_id, other).is_open(at)
    ):
        other = None
    return Away(policy.away_text, rules.timetable.next_change(at), other)


def tell_if_closed(context: RuleContext, *, is_silent: bool = False) -> bool:
    """Sends the text that the contact's area is closed, once until it opens.

    If the policy names another area that is open, the waiting contact then moves there
    (only once), with the text of the original area. Returns whether the contact's area
    is closed afterwards.
    """
    contact = context.contact
    away = away_at(contact.manager_id, contact.area_id, context.in_force, context.now)
    if away is None:
        return False
    _say_away(context, away, is_silent=is_silent)
    if away.area_id is None or contact.operator_id is not None:
        return True
    move_locked(
        contact, away.area_id, actor=rule_actor("away"), cause=ChatEvent.Cause.AWAY
    )
    context.area_changed()
    return False


def _say_away(context: RuleContext, away: Away, *, is_silent: bool) -> None:
    text = away.text
    if is_silent or not text or _person_wrote(context) or is_muted(context):
        return
    values: dict[str, Any] = {
        "contact": context.contact.pk,
        "now": context.now,
        "until": away.opens_at or context.now + FOREVER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAY_ONCE, values)
        is_first = bool(cursor.rowcount)
    if is_first and say(context, text, Auto.AWAY) is not None:
        record_rule(context, ChatEvent.Kind.AWAY, "away")


def _person_wrote(context: RuleContext) -> bool:
    values: dict[str, Any] = {
        "chat": context.chat.pk,
        "since": context.now - QUIET_AFTER_PERSON,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PERSON_WROTE, values)
        row = cursor.fetchone()
    return bool(row and row[0])
