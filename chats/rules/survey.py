"""Asks customers for a rating when a person closes their chat."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.models import Auto, ChatEvent, Survey
from chats.models.conversations import ClockTimestamp
from chats.rules.automatic import (
    gateway_of,
    is_muted,
    is_window_open,
    record_rule,
    say_filled,
)
from chats.rules.context import RuleContext
from chats.rules.ratings import tap_of
from chats.rules.texts import automatic_text

MARKS = (1, 2, 3, 4, 5)
# How gateways that support choices show them.
_KINDS = {"messenger": "quick_replies", "whatsapp_cloud": "list"}

# A person wrote in the chat, there is no survey of it, the contact was not asked
# recently, and has not revoked the consent to surveys.
_MAY_ASK = """
SELECT EXISTS (
         SELECT FROM chats_message m
          WHERE m.chat_id = %(chat)s AND m.direction = 'out'
            AND (m.auto = 'phone' OR m.auto = '' AND EXISTS (
                  SELECT FROM areas_operator o
                   WHERE o.manager_id = m.manager_id AND o.id::text = m.sender)))
   AND NOT EXISTS (
         SELECT FROM chats_survey s
          WHERE s.contact_id = %(contact)s
            AND (s.chat_id = %(chat)s
                 OR s.state <> 'lost'
                    AND s.asked_at > clock_timestamp() - make_interval(days => %(days)s)))
   AND NOT EXISTS (
         SELECT FROM contacts_consent t
          WHERE t.contact_id = %(contact)s AND t.purpose = 'survey'
         HAVING count(*) > 0 AND count(*) = count(t.revoked_at))
"""
# Earlier questions are not answered any more.
_IGNORE = """
UPDATE chats_survey
   SET state = CASE WHEN asked_at > clock_timestamp() - interval '24 hours'
                    THEN 'ignored' ELSE 'expired' END
 WHERE contact_id = %s AND state = 'asked'
"""
_EXPIRE = """
UPDATE chats_survey SET state = 'expired'
 WHERE state = 'asked' AND asked_at <= clock_timestamp() - interval '24 hours'
"""


def ask(context: RuleContext) -> bool:
    """Sends the survey question about a chat that is about to be closed.

    Only if the area's policy says so, a person wrote in the chat and the contact was
    not asked recently. If nothing may be sent, the survey is `lost`. Returns whether
    the question was queued.
    """
    policy = context.policy
    text = automatic_text(policy.survey_text, context) if policy.survey else ""
    if not text or not _may_ask(context, policy.survey_days):
        return False
    why = _why_lost(context)
    if why:
        _add(context, Survey.State.LOST)
        record_rule(context, ChatEvent.Kind.SURVEY_LOST, "survey", {"why": why})
        return False
    ignore_earlier(context.contact.pk)
    _add(context, Survey.State.ASKED)
    say_filled(context, text, Auto.SURVEY, choices=_choices(context, text))
    record_rule(context, ChatEvent.Kind.SURVEY_SENT, "survey")
    return True


def ignore_earlier(contact_id: int) -> None:
    """Marks the contact's pending survey as ignored."""
    with connection.cursor() as cursor:
        cursor.execute(_IGNORE, [contact_id])


def expire() -> None:
    """Expires the surveys that were not answered within a day."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE)


def _may_ask(context: RuleContext, days: int) -> bool:
    values: dict[str, Any] = {
        "chat": context.chat.pk,
        "contact": context.contact.pk,
        "days": days,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAY_ASK, values)
        row = cursor.fetchone()
    return bool(row and row[0])


def _why_lost(context: RuleContext) -> str:
    if not is_window_open(context):
        return "window"
    return "muted" if is_muted(context) else ""


def _add(context: RuleContext, state: str) -> None:
    Survey.objects.create(
        chat=context.chat,
        contact=context.contact,
        operator_id=context.contact.operator_id,
        area_id=context.contact.area_id,
        state=state,
        asked_at=ClockTimestamp(),
    )


def _choices(context: RuleContext, text: str) -> dict[str, Any] | None:
    kind = _KINDS.get(gateway_of(context))
    if kind is None:
        return None
    items = [
        {"id": tap_of(context.chat.pk, mark), "title": str(mark)} for mark in MARKS
    ]
    return {"kind": kind, "head": len(text), "items": items}
