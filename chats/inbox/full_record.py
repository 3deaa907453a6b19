"""The full record of a protocol: messages and notes, with the ledger's lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chats.conversations.message_rows import Shape
from chats.inbox.history import events_of_chat
from chats.inbox.transcript import Sealed, chat_of_id, lines_of
from hci_center.times import as_time


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger (with a `kind`), or a message or note (`kind` is "")."""

    at: datetime
    kind: str
    who: str
    text: str
    is_note: bool = False
    # A stored file by its uuid, or a link that was sent.
    stored: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FullRecord:
    """A chat with its customer's name and entries, in their order."""

    chat: Sealed
    contact: str
    entries: list[Entry]


def record_of(chat_id: int) -> FullRecord:
    """Returns the record, also of a deleted contact; raises ChatNotFoundError.

    Messages and notes have the time at which they were stored. At equal times, a line
    of the ledger comes first.
    """
    chat = chat_of_id(chat_id, deleted_too=True)
    contact, lines = lines_of(chat, notes=True)
    events = events_of_chat(chat.contact.manager_id, chat.contact.pk, chat.protocol)
    entries = [
        Entry(
            datetime.fromisoformat(event["at"]),
            event["kind"],
            event["by"],
            event["text"],
        )
        for event in events
    ]
    entries += [
        Entry(
            line.stored_at or line.at,
            "",
            line.who,
            line.text,
            line.is_note,
            line.stored,
            line.url,
        )
        for line in lines
    ]
    entries.sort(key=lambda entry: (entry.at, not entry.kind))
    return FullRecord(chat, contact, entries)


def record_shape(record: FullRecord) -> Shape:
    """Returns the record as JSON data; files are named, not linked."""
    chat = record.chat
    entries: list[dict[str, Any]] = [
        {
            "at": as_time(entry.at),
            "event": entry.kind,
            "who": entry.who,
            "text": entry.text,
            "note": entry.is_note,
            "file": entry.stored,
            "url": entry.url,
        }
        for entry in record.entries
    ]
    return {
        "protocol": chat.protocol,
        "manager": chat.manager,
        "zone": chat.time_zone,
        "contact": {"id": chat.contact.public_id, "name": record.contact},
        "openedAt": as_time(chat.opened_at),
        "closedAt": None if chat.closed_at is None else as_time(chat.closed_at),
        "reason": chat.reason,
        "entries": entries,
    }
