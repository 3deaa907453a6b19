"""Parses and builds ids of people and chats of WhatsApp's web protocol (JIDs)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chats.gateways.parsing import found, text

# Both mean a phone number: Baileys uses the first, web clients the second.
PHONE_SERVERS = ("s.whatsapp.net", "c.us")
# A person without a known phone: `<digits>@lid` there, `lid:<digits>` here, since the
# ids of the contract have no @.
LID_SERVER = "lid"
LID = "lid:"
# Groups, status, lists and channels are not customers.
GROUP_SUFFIXES = ("g.us", "broadcast", "newsletter", "call")
# Gateways treat longer ones as a group.
MOST_DIGITS = 17


def serialized(name: Any) -> str:
    """Returns the id of a chat or message, which comes as text or as an object."""
    return text(found(name, "_serialized") or name)


def person_id(jid: Any) -> str:
    """Returns a person's id as it is stored: a phone's digits, `lid:<digits>`, or "".

    The device after the colon is dropped; the digits of a LID are never a phone number.
    """
    user, _, server = serialized(jid).partition("@")
    user = user.partition(":")[0].partition("_")[0]
    if not user.isdecimal() or not user.isascii():
        return ""
    if server in PHONE_SERVERS or (not server and len(user) <= MOST_DIGITS):
        return user
    return f"{LID}{user}" if server == LID_SERVER else ""


def jid_of(person: str, phone_server: str = "") -> str:
    """Returns the JID of a stored id; a phone without a server, or at the given one."""
    if person.startswith(LID):
        return f"{person.removeprefix(LID)}@{LID_SERVER}"
    return f"{person}@{phone_server}" if phone_server else person


def person_ids(jids: Iterable[Any]) -> tuple[str, ...]:
    """Returns the distinct ids, phones before LIDs: replies go to the first."""
    known = dict.fromkeys(filter(None, map(person_id, jids)))
    return tuple(sorted(known, key=lambda one: not one.isdecimal()))


def is_group(jid: Any) -> bool:
    return serialized(jid).rpartition("@")[2] in GROUP_SUFFIXES
