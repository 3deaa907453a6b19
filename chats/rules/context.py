"""The data of a chat that rules need: its locked contact, manager and settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from areas.models import Area
from areas.rules.in_force import InForce, in_force
from areas.rules.policies import PolicySettings
from areas.rules.schedules import Timetable
from chats.models import Chat, Message
from contacts.models import Contact
from hci_center.database.clock import server_time
from hci_center.database.rows import ModelRows
from managers.models import Manager

# Only the columns of managers that rules need: others have secrets to decrypt.
_CONTACTS, _CHATS = ModelRows(Contact), ModelRows(Chat)
_MANAGERS = ModelRows(
    Manager, "id", "name", "gateway", "time_zone", "has_automation", "schedule_id"
)
_LOCK = f"""
SELECT {_CONTACTS.columns("c")} FROM contacts_contact c
 WHERE c.id = %s AND c.deleted_at IS NULL FOR NO KEY UPDATE
"""  # noqa: S608 - of columns
# A separate statement, so that it sees what was committed before it got the lock.
_READ = f"""
SELECT {_CHATS.columns("h")}, {_MANAGERS.columns("m")},
       EXISTS (SELECT FROM chats_menustate s WHERE s.chat_id = h.id), clock_timestamp()
  FROM chats_chat h JOIN managers_manager m ON m.id = h.manager_id
 WHERE h.contact_id = %s AND h.closed_at IS NULL
"""  # noqa: S608 - of columns


@dataclass
class RuleContext:
    """A contact that the transaction has locked, with its open chat, else a closed one.

    `now` is the time of the decision. The settings are those of the contact's area.
    """

    contact: Contact
    chat: Chat
    manager: Manager
    now: datetime
    # Whether the chat was inside the menu when it was read.
    is_in_menu: bool = True
    # The number of automatic messages to the contact within the last hour, None until
    # they have been counted; and whether the contact must not get any.
    recent: int | None = None
    is_muted: bool = False

    @cached_property
    def in_force(self) -> InForce:
        return in_force(self.contact.manager_id, self.contact.area_id)

    @property
    def policy(self) -> PolicySettings:
        return self.in_force.policy

    @property
    def timetable(self) -> Timetable:
        return self.in_force.timetable

    @cached_property
    def area(self) -> Area | None:
        return self.contact.area

    def area_changed(self) -> None:
        """Clears cached properties that depend on the contact's area."""
        for name in ("in_force", "area"):
            self.__dict__.pop(name, None)


@dataclass(frozen=True, slots=True)
class Arrived:
    """The customer's messages since the rules last ran for the chat.

    `is_first`: they opened the chat. `is_old`: the newest was written long before it
    was received, so that it gets no automatic reply.
    """

    messages: list[Message]
    is_first: bool
    is_old: bool


def lock_context(contact_id: int) -> RuleContext | None:
    """Locks a contact with an open chat; returns None if it has none or is deleted."""
    locked = _first(_LOCK, contact_id)
    row = None if locked is None else _first(_READ, contact_id)
    if locked is None or row is None:
        return None
    contact = _CONTACTS.read(locked)
    chat = _CHATS.read(row[: _CHATS.width])
    manager = _MANAGERS.read(row[_CHATS.width : -2])
    return RuleContext(contact, chat, manager, now=row[-1], is_in_menu=row[-2])


def context_of_chat(contact: Contact, chat: Chat) -> RuleContext:
    """Returns the context of a chat whose contact the transaction has locked."""
    manager = Manager.objects.without_secrets().get(pk=contact.manager_id)
    return RuleContext(contact, chat, manager, server_time())


def _first(statement: str, value: int) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
