"""Stores a customer's call as a message in the conversation."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from chats.conversations.audit import Actor
from chats.conversations.queries import message_of_reference
from chats.gateways.events import Inbound
from chats.messages.store import LockedContact, NewMessage, store
from chats.models import Direction, Status
from contacts.models import Contact
from contacts.saving import ensure_contact


def record_call(known: Contact, event: Inbound, *, actor: Actor) -> None:
    """Stores the message in the open chat, opening one if there is none.

    It is stored as read, because nobody can reply to it: it does not count as unread,
    the customer does not wait because of it, and no rules run. A repeated event has no
    effect.
    """
    at = event.at or timezone.now()
    with transaction.atomic():
        contact = ensure_contact(
            known.manager_id, known.channel, known.external_id, name=known.name
        )
        if message_of_reference(contact.manager_id, event.external_id):
            return
        Contact.objects.filter(pk=contact.pk).update(
            last_message_at=Greatest("last_message_at", at)
        )
        locked = LockedContact(
            contact.pk, contact.manager_id, contact.channel, contact.external_id
        )
        line = NewMessage(
            direction=Direction.IN,
            type="text",
            content=event.content.text,
            status=Status.READ,
            gateway_id=event.external_id[:255],
            created_at=at,
        )
        store(locked, line, None, actor=actor)
