"""The ids of a person, and their hashes, by which an erased person is recognised."""

from __future__ import annotations

import json

from django.db import connection

from contacts.aliases import spellings
from contacts.models import Contact, public_id
from hci_center.signing import digest, digests

PURPOSE = "erased-person"

_OF_CONTACT = """
SELECT alias FROM contacts_identity WHERE contact_id = %(contact)s
 UNION SELECT external_id FROM contacts_contact WHERE id = %(contact)s
 UNION SELECT phone::text FROM contacts_contact
        WHERE id = %(contact)s AND phone IS NOT NULL
"""


def aliases_of(contact: Contact) -> list[str]:
    """Returns every id of the contact in every spelling, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CONTACT, {"contact": contact.pk})
        found = {alias for (alias,) in cursor.fetchall()}
    return sorted(
        {each for alias in found for each in spellings(contact.channel, alias)}
    )


def mark(manager_id: int, channel: str, alias: str) -> str:
    """Returns the hash of an id with the current key, as 64 hexadecimal digits."""
    return digest(PURPOSE, _text(manager_id, channel, alias)).hex()


def possible_marks(manager_id: int, channel: str, alias: str) -> set[str]:
    """Returns the hashes with the current key and with each earlier one."""
    found = digests(PURPOSE, _text(manager_id, channel, alias))
    return {each.hex() for each in found}


def _text(manager_id: int, channel: str, alias: str) -> str:
    return f"{manager_id}|{channel}|{alias}"


def feed_ids(channel: str, aliases: list[str]) -> list[str]:
    """Returns the ids in the live feed's format, as JSON."""
    return [
        json.dumps(public_id(channel, alias), ensure_ascii=False) for alias in aliases
    ]
