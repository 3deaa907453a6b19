"""Decides what a customer's messages set off: the first line that fits, and no other.

Whether a closed chat goes on or an answer belongs to a survey is decided earlier, in
the transaction that stores the message.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from chats.conversations.assignment import move_locked
from chats.models import Chat, ChatEvent, Direction, Message
from chats.rules import menu
from chats.rules.assignment import assign_soon, fits_last_operator
from chats.rules.automatic import OLD, rule_actor
from chats.rules.away import tell_if_closed
from chats.rules.context import Arrived, RuleContext, lock_context
from chats.rules.offline import is_gone, release
from chats.rules.tasks import LeasedTask


def handle_inbound(task: LeasedTask) -> None:
    """Applies the rules to the new messages of a contact."""
    if task.contact_id is None:
        return
    context = lock_context(task.contact_id)
    if context is None:
        return
    arrived = _arrived(context)
    if not arrived.messages:
        return
    seen = arrived.messages[-1].pk
    Chat.objects.filter(pk=context.chat.pk).update(seen_message_id=seen)
    _decide(context, arrived)


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
    if arrived.is_first and fits_last_operator(contact.pk, contact.area_id):  # R5
        assign_soon(contact)
        return
    if arrived.is_first and menu.begin(context, is_old=arrived.is_old):  # R6
        return
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
    is_closed = tell_if_closed(context, is_silent=arrived.is_old)  # R8
    if not is_closed:
        assign_soon(contact)


def _arrived(context: RuleContext) -> Arrived:
    chat = context.chat
    messages: QuerySet[Message] = Message.objects.filter(
        chat=chat, direction=Direction.IN
    ).order_by("pk")
    if chat.seen_message_id is not None:
        messages = messages.filter(pk__gt=chat.seen_message_id)
    found = list(messages)
    is_first = chat.seen_message_id is None and _was_opened_by_customer(context)
    return Arrived(found, is_first, bool(found) and _is_old(found[-1], context.now))


def _was_opened_by_customer(context: RuleContext) -> bool:
    """Returns whether the chat was opened by the customer not long ago."""
    if context.now - context.chat.opened_at > OLD:
        return False
    return ChatEvent.objects.filter(
        chat=context.chat,
        kind__in=[ChatEvent.Kind.OPENED, ChatEvent.Kind.REOPENED],
        cause=ChatEvent.Cause.CUSTOMER,
    ).exists()


def _is_old(message: Message, now: datetime) -> bool:
    """Returns whether a message was written over an hour before it came."""
    return (message.stored_at or now) - message.created_at > OLD
