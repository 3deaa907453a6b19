"""The ids (aliases) under which one person is known."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import connection

from contacts.models import Channel, Contact
from hci_center.api.parsers import WrongValueError, parse_phone

# The area codes (DDD) assigned in Brazil.
_DDD = (
    "1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9]"
)  # fmt: skip
# Brazilian mobiles were given a leading 9; networks still use both spellings.
# Landlines begin with 2 to 5 and were not.
_WITHOUT_NINE = re.compile(f"55({_DDD})([6-9][0-9]{{7}})")
_WITH_NINE = re.compile(f"55({_DDD})9([6-9][0-9]{{7}})")


def spellings(channel: str, external_id: str) -> list[str]:
    """Returns every spelling of an id that means the same person, sorted.

    A Brazilian mobile number has two, with and without its ninth digit; other ids have
    one. Sorted, so that simultaneous inserts lock them in one order.
    """
    if channel == Channel.WHATSAPP:
        if match := _WITHOUT_NINE.fullmatch(external_id):
            return sorted([external_id, f"55{match[1]}9{match[2]}"])
        if match := _WITH_NINE.fullmatch(external_id):
            return sorted([external_id, f"55{match[1]}{match[2]}"])
    return [external_id]


# Persons in the notation of WhatsApp libraries: 5511999998888@c.us, with or without a
# device.
_NETWORK_ID = re.compile(r"([0-9]{1,15})(?::[0-9]+)?@(?:c\.us|s\.whatsapp\.net)")


def names_of_sender(channel: str | None, sender: str) -> list[str]:
    """Returns the aliases that a message's `from` may be: as given, and as a phone."""
    if channel != Channel.WHATSAPP:
        return [sender]
    network = _NETWORK_ID.fullmatch(sender)
    try:
        phone = str(parse_phone(network[1] if network else sender))
    except WrongValueError:
        return [sender]
    return [sender, *spellings(channel, phone)]


# For `i` in contacts_identity. Two parameters instead of an array: the planner cannot
# know the length of an array, and would plan the statement again at each call.
ALIAS_MATCH = "i.alias IN (%(alias)s, %(other)s)"


def alias_params(channel: str, external_id: str) -> dict[str, str]:
    """Returns the parameters of ALIAS_MATCH."""
    names = spellings(channel, external_id)
    return {"alias": names[0], "other": names[-1]}


_ADD_NAMES = """
INSERT INTO contacts_identity (manager_id, channel, alias, contact_id)
SELECT c.manager_id, c.channel, alias, c.id
  FROM contacts_contact c, unnest(%s::text[]) AS alias
 WHERE c.id = %s
 ORDER BY alias
ON CONFLICT DO NOTHING
"""
_NAME_ADDRESS = """
UPDATE contacts_identity i SET is_address = (i.alias = %(alias)s)
 WHERE i.contact_id = %(contact)s AND i.is_address <> (i.alias = %(alias)s)
   AND EXISTS (SELECT FROM contacts_identity own
                WHERE own.contact_id = %(contact)s AND own.alias = %(alias)s)
"""


def add_names(contact_id: int, names: Iterable[str]) -> None:
    """Adds aliases to the contact; one that belongs to another contact stays there."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_NAMES, [sorted(set(names)), contact_id])


def store_phone(contact_id: int, name: str) -> None:
    """Stores the phone of a contact whose id is not a phone; ignores other ids."""
    if name.isdecimal() and len(name) <= 15 and int(name) > 0:
        # Only for contacts whose id is no phone number: the phone has its own column.
        others = Contact.objects.filter(pk=contact_id, channel=Channel.WHATSAPP)
        others = others.exclude(external_id__regex="^[0-9]+$")
        others.exclude(phone=int(name)).update(phone=int(name))


def name_address(contact_id: int, name: str) -> None:
    """Sets the alias that replies are sent to: the one that the gateway itself uses."""
    add_names(contact_id, [name])
    with connection.cursor() as cursor:
        cursor.execute(_NAME_ADDRESS, {"alias": name, "contact": contact_id})
    store_phone(contact_id, name)
