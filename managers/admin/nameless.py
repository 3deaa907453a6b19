"""Replaces the names of customers in rows that an auditor reads."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from chats.models import Direction, Message
from contacts.models import Contact


def nameless(contact_id: int) -> str:
    """Returns the placeholder for a customer's name."""
    return _("Customer %d") % contact_id


def hide_names(row: Any) -> None:
    """Replaces names, numbers and pictures in a row and its contact, in memory only."""
    contact = row if isinstance(row, Contact) else getattr(row, "contact", None)
    if isinstance(contact, Contact):
        contact.name = nameless(contact.pk)
        contact.external_id, contact.photo = "", ""
    if isinstance(row, Message) and row.direction == Direction.IN:
        row.sender = ""
