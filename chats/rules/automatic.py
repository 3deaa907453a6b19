"""Stores the messages that the service itself sends to a customer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from chats.conversations.audit import Actor, Entry, record, record_in_open_chats
from chats.messages.store import LockedContact, NewMessage, store
from chats.models import Auto, ChatEvent, Direction, Status
from chats.rules.context import RuleContext
from chats.rules.texts import automatic_text
from contacts.models import Channel, Contact
from managers.models import Manager

# The sender of the service itself.
SERVICE = "0"
# Gateways with a reply window of 24 hours, less some minutes that the message may wait
# in the queue.
WINDOW_GATEWAYS = frozenset({"messenger", "whatsapp_cloud"})
WINDOW = timedelta(hours=23, minutes=55)
# A message that arrived later than this after it was written gets no automatic reply.
OLD = timedelta(hours=1)
# After this many automatic messages within an hour, the contact may be a program.
MOST_AN_HOUR = 20

_TOUCH = """
UPDATE contacts_contact SET last_message_at = greatest(last_message_at, %s) WHERE id = %s
"""
# The number of automatic messages to the contact in the last hour, and whether they have
# been stopped. An operator's message or a claim after the `muted` line lets them go on,
# and the count starts again: otherwise the next one would stop them at once.
_SILENCE = """
WITH stopped AS (
  SELECT e.id, e.chat_id, e.at
    FROM chats_chat h JOIN chats_chatevent e ON e.chat_id = h.id
   WHERE h.contact_id = %(contact)s AND e.kind = 'muted'
     AND (h.id = %(chat)s OR e.at > clock_timestamp() - interval '1 hour')
   ORDER BY e.id DESC LIMIT 1
), resumed AS (
  SELECT greatest(
    (SELECT max(x.at) FROM chats_chatevent x
      WHERE x.chat_id = s.chat_id AND x.id > s.id AND x.kind = 'claimed'),
    (SELECT max(m.stored_at) FROM chats_message m
      WHERE m.chat_id = s.chat_id AND m.direction = 'out' AND m.auto IN ('', 'phone')
        AND m.sender <> '0' AND m.stored_at > s.at)) AS at
    FROM stopped s
)
SELECT (SELECT count(*) FROM chats_chat h JOIN chats_message m ON m.chat_id = h.id
         WHERE h.contact_id = %(contact)s AND m.auto = ANY(%(by_rules)s)
           AND m.stored_at > greatest(clock_timestamp() - interval '1 hour',
                                      (SELECT at FROM resumed))),
       EXISTS (SELECT FROM stopped s, resumed r
                WHERE s.chat_id = %(chat)s AND r.at IS NULL)
"""
_DELIVER = """
INSERT INTO chats_delivery (message_id, manager_id, contact_id, channel, choices, token,
                            attempts, failures, fence, in_flight)
VALUES (%s, %s, %s, %s, %s::jsonb, '', 0, 0, 0, false)
"""
_BY_RULES = [Auto.MENU, Auto.AWAY, Auto.IDLE, Auto.CLOSING, Auto.SURVEY]


def say(context: RuleContext, template: str, auto: str) -> int | None:
    """Queues an automatic message like `say_filled`, with its variables filled in."""
    return say_filled(context, automatic_text(template, context), auto)


def say_filled(
    context: RuleContext,
    text: str,
    auto: str,
    *,
    choices: dict[str, Any] | None = None,
) -> int | None:
    """Queues an automatic message in the chat; returns its id, None if not sent.

    Nothing is sent for an empty text, to a muted contact, or if the gateway's reply
    window is closed (ledger line `unsaid`). `choices` are buttons, a list or quick
    replies for the same question.
    """
    if not text or is_muted(context):
        return None
    if not is_window_open(context):
        record_rule(context, ChatEvent.Kind.UNSAID, auto, {"auto": auto})
        return None
    message_id = _queue(context, text, auto, choices)
    context.recent = (context.recent or 0) + 1
    return message_id


def _queue(
    context: RuleContext, text: str, auto: str, choices: dict[str, Any] | None
) -> int:
    """Stores the message with its delivery; returns its id."""
    contact = context.contact
    now = timezone.now()
    draft = NewMessage(
        direction=Direction.OUT,
        type="text",
        content=text,
        status=Status.WAIT,
        sender=SERVICE,
        created_at=now,
        auto=auto,
    )
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [now, contact.pk])
    locked = LockedContact(
        contact.pk, contact.manager_id, contact.channel, contact.external_id
    )
    chat_id = context.chat.pk
    message = store(locked, draft, None, actor=rule_actor(auto), place=lambda: chat_id)
    shown = None if choices is None else json.dumps(choices)
    values: list[Any] = [
        message.id,
        contact.manager_id,
        contact.pk,
        contact.channel,
        shown,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER, values)
    return message.id


def is_muted(context: RuleContext) -> bool:
    """Returns whether automatic messages to the contact are muted, to end a loop.

    The 20th automatic message within an hour mutes the contact (ledger line `muted`),
    until a person writes or claims.
    """
    if context.recent is None:
        values: dict[str, Any] = {
            "contact": context.contact.pk,
            "chat": context.chat.pk,
            "by_rules": _BY_RULES,
        }
        with connection.cursor() as cursor:
            cursor.execute(_SILENCE, values)
            context.recent, context.is_muted = cursor.fetchone()
    if not context.is_muted and context.recent >= MOST_AN_HOUR:
        record_rule(context, ChatEvent.Kind.MUTED, "loop", {"messages": context.recent})
        context.is_muted = True
    return context.is_muted


def is_window_open(context: RuleContext) -> bool:
    """Returns whether the gateway's reply window is open now."""
    return gateway_of(context) not in WINDOW_GATEWAYS or is_within_window(
        context.contact
    )


def is_within_window(contact: Contact) -> bool:
    """Returns whether the customer's last message is recent enough for an answer."""
    last = contact.last_in_at
    return last is not None and timezone.now() - last < WINDOW


def gateway_of(context: RuleContext) -> str:
    """Returns the name of the gateway that serves the contact."""
    return gateway_name(context.manager, context.contact.channel)


def gateway_name(manager: Manager, channel: str) -> str:
    """Returns the name of the gateway that serves a channel of the manager."""
    return "messenger" if channel == Channel.FACEBOOK else manager.gateway


def record_rule(
    context: RuleContext, kind: str, rule: str, detail: dict[str, Any] | None = None
) -> None:
    """Inserts a ledger line of a rule for the chat."""
    contact = context.contact
    if context.chat.closed_at is None:
        record_in_open_chats(
            [contact.pk], [Entry(kind)], actor=rule_actor(rule), detail=detail
        )
        return
    record(
        context.chat,
        kind,
        actor=rule_actor(rule),
        area_id=contact.area_id,
        operator_id=contact.operator_id,
        sa=contact.sa,
        detail=detail,
    )


def rule_actor(rule: str) -> Actor:
    """Returns a rule as the actor of what it does."""
    return Actor(f"rule:{rule}")
