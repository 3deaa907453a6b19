"""Applies the rules R3 to R8 to a customer's messages: only the first that matches.

Whether a closed chat is reopened and whether an answer belongs to a survey is decided
earlier, in the transaction that stores the message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from chats.conversations.assignment import move_locked
from chats.models import ChatEvent, Message
from chats.rules import menu
from chats.rules.assignment import assign_soon, fits_last_operator
from chats.rules.automatic import OLD, rule_actor
from chats.rules.away import tell_if_closed
from chats.rules.clocks import start_for_messages
from chats.rules.context import Arrived, RuleContext, lock_context
from chats.rules.offline import is_gone, release
from chats.rules.tasks import LeasedTask
from hci_center.database.rows import ModelRows

# Well below the delay of the clock task of a chat that was opened.
AT_ONCE = timedelta(milliseconds=250)
_MESSAGES = ModelRows(Message)
# The messages since the last run of the rules, which it marks as seen; and whether the
# customer opened the chat.
_ARRIVED = f"""
WITH came AS (
  SELECT * FROM chats_message
   WHERE chat_id = %(chat)s AND direction = 'in' AND id > %(seen)s
), seen AS (
  UPDATE chats_chat SET seen_message_id = (SELECT max(id) FROM came)
   WHERE id = %(chat)s AND EXISTS (SELECT FROM came)
)
SELECT {_MESSAGES.columns("came")},
       %(is_first)s AND EXISTS (
         SELECT FROM chats_chatevent e
          WHERE e.chat_id = %(chat)s AND e.kind IN ('opened', 'reopened')
            AND e.cause = 'customer')
  FROM came ORDER BY came.id
"""  # noqa: S608 - of columns


def handle_inbound(task: LeasedTask) -> None:
    """Applies the rules to the new messages of a contact."""
    if task.contact_id is None:
        return
    context = lock_context(task.contact_id)
    if context is None:
        return
    arrived = _arrived(context)
    if arrived.messages:
        _decide(context, arrived)
        # The line of the chat's opening has scheduled its clocks. A message that came
        # later may not be included in them.
        if not (arrived.is_first and _came_at_once(context, arrived)):
            start_for_messages(context, is_retry=task.failures > 0)


def _decide(context: RuleContext, arrived: Arrived) -> None:
    contact = context.contact
    state = menu.state_of(context)
    if contact.operator_id is not None:  # R3
        if state is not None:
            menu.give_way(context, "taken")
            state = None
        holder = contact.operator_id
        if not is_gone(holder, context.policy.release_offline):
            tell_if_closed(context, is_silent=arrived.is_old)
            return
        release(contact.pk, holder)
        contact.operator_id = None
    if state is not None and menu.step(context, state, arrived):  # R4
        return
    if arrived.is_first and fits_last_operator(context):  # R5
        assign_soon(contact)
        return
    if arrived.is_first and menu.begin(context, is_old=arrived.is_old):  # R6
        return
    has_moved = False
    if contact.area_id is None:  # R7
        entry = context.policy.entry_area_id
        if entry is not None:
            move_locked(
                contact,
                entry,
                actor=rule_actor("entry"),
                cause=ChatEvent.Cause.ENTRY,
            )
            context.area_changed()
            has_moved = True
    is_closed = tell_if_closed(context, is_silent=arrived.is_old)  # R8
    # The line of the move has already scheduled the assignment.
    if not is_closed and not has_moved:
        assign_soon(contact)


def _arrived(context: RuleContext) -> Arrived:
    chat = context.chat
    # A chat that was opened long ago is not new.
    is_new = chat.seen_message_id is None and context.now - chat.opened_at <= OLD
    values: dict[str, Any] = {
        "chat": chat.pk,
        "seen": chat.seen_message_id or 0,
        "is_first": is_new,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED, values)
        rows = cursor.fetchall()
    found = [_MESSAGES.read(row[:-1]) for row in rows]
    is_first = bool(rows) and rows[0][-1]
    return Arrived(found, is_first, bool(found) and _is_old(found[-1], context.now))


def _came_at_once(context: RuleContext, arrived: Arrived) -> bool:
    """Returns whether the first message was stored when the chat was opened."""
    stored_at = arrived.messages[0].stored_at
    return stored_at is not None and stored_at - context.chat.opened_at < AT_ONCE


def _is_old(message: Message, now: datetime) -> bool:
    """Returns whether a message was stored more than an hour after it was written."""
    return (message.stored_at or now) - message.created_at > OLD
