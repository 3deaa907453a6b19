"""Contacts, the customers of a manager: their aliases, tags and consents."""

from contacts.models.consents import Consent
from contacts.models.contacts import (
    Channel,
    Contact,
    ContactQuerySet,
    Identity,
    SearchName,
    Tag,
    Tagging,
    public_id,
)

__all__ = [
    "Channel",
    "Consent",
    "Contact",
    "ContactQuerySet",
    "Identity",
    "SearchName",
    "Tag",
    "Tagging",
    "public_id",
]
