"""The text that says that an area is closed, and the area that takes over then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from areas.schedules import timetable_of
from chats.conversations.assignment import move_locked
from chats.models import Auto, ChatEvent
from chats.rules.automatic import is_muted, record_rule, rule_actor, say
from chats.rules.context import RuleContext

# After a person's message the customer is not told that nobody is there.
QUIET_AFTER_PERSON = timedelta(minutes=30)
# How long a text that says "closed" counts if the area never opens.
FOREVER = timedelta(days=366)

# One statement decides which of two workers says it.
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


def tell_if_closed(context: RuleContext, *, is_silent: bool = False) -> bool:
    """Says that the contact's area is closed, once until it opens.

    If the policy names another area that is open, the waiting contact moves there
    first, and reads the text of the area that he meant. Returns whether his area, after
    that, is closed.
    """
    timetable = timetable_of(context.contact.manager_id, context.contact.area_id)
    if timetable.is_open(context.now):
        return False
    opens_at = timetable.next_change(context.now)
    _say_away(context, opens_at, is_silent=is_silent)
    return not _moved_to_open_area(context)


def _say_away(
    context: RuleContext, opens_at: datetime | None, *, is_silent: bool
) -> None:
    text = context.policy.away_text
    if is_silent or not text or _person_wrote(context) or is_muted(context):
        return
    values: dict[str, Any] = {
        "contact": context.contact.pk,
        "now": context.now,
        "until": opens_at or context.now + FOREVER,
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


def _moved_to_open_area(context: RuleContext) -> bool:
    """Moves a waiting contact to the policy's other area if that one is open: one hop."""
    contact, other = context.contact, context.policy.away_area_id
    if contact.operator_id is not None or other is None or other == contact.area_id:
        return False
    if not timetable_of(contact.manager_id, other).is_open(context.now):
        return False
    move_locked(contact, other, actor=rule_actor("away"), cause=ChatEvent.Cause.AWAY)
    context.area_changed()
    return True
