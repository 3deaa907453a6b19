"""Buffers rows as lines of COPY text: tab between columns, \\N for NULL.

There are millions of them, so no value is escaped: names and texts of the demonstration
contain no tabs, line breaks or backslashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

NULL = "\\N"
DAY = 86_400.0

# In the order of the values; omitted columns have their default.
COLUMNS = {
    "contacts_contact": (
        "id, manager_id, channel, external_id, name, photo, area_id, operator_id, "
        "protocol, sa, unread, last_message_at, created_at, waiting_since, queued_at, "
        "last_in_at"
    ),
    "contacts_identity": "manager_id, channel, alias, contact_id",
    "chats_chat": (
        "id, manager_id, contact_id, protocol, opened_at, closed_at, reason, "
        "last_operator_id"
    ),
    "chats_chatevent": (
        "manager_id, chat_id, kind, at, area_id, operator_id, actor, "
        "acting_operator_id, cause, sa, detail"
    ),
    "chats_message": (
        "uuid, manager_id, contact_id, chat_id, direction, type, content, url, "
        "sender, status, error, created_at, stored_at"
    ),
    "chats_survey": (
        "chat_id, contact_id, operator_id, area_id, state, asked_at, rating, comment, "
        "answered_at"
    ),
}


@dataclass(slots=True)
class CopyBuffers:
    """Finished COPY lines of one block, by table."""

    contacts: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    chats: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    surveys: list[str] = field(default_factory=list)

    def by_table(self) -> Iterator[tuple[str, list[str]]]:
        """Yields the tables in an order in which references of rows exist already."""
        yield "contacts_contact", self.contacts
        yield "contacts_identity", self.identities
        yield "chats_chat", self.chats
        yield "chats_chatevent", self.events
        yield "chats_message", self.messages
        yield "chats_survey", self.surveys


def stamp(timestamp: float) -> str:
    """Returns a timestamp in PostgreSQL's format, to the millisecond."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(" ", "milliseconds")


def optional(timestamp: float | None) -> str:
    return NULL if timestamp is None else stamp(timestamp)


def uuid4(rng: Random) -> str:
    """Returns a random UUID of version 4, as 32 hexadecimal digits."""
    digits = f"{rng.getrandbits(128):032x}"
    return (
        f"{digits[:12]}4{digits[13:16]}{'89ab'[int(digits[16], 16) % 4]}{digits[17:]}"
    )


def protocol_on(day: str, running: int) -> str:
    """Returns a protocol of a past day (YYYYMMDD), as `issue_protocol` makes it."""
    digits = f"{day}{running:06d}"
    remainder = 10
    for digit in digits:
        remainder = ((remainder + int(digit)) % 10 or 10) * 2 % 11
    return f"BR{digits}{(11 - remainder) % 10}"
