"""What a rule knows about a chat: its locked contact, manager, area and settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from areas.models import Area
from areas.policies import PolicySettings, policy_for
from chats.models import Chat, Message
from contacts.models import Contact
from managers.models import Manager


@dataclass
class RuleContext:
    """A contact that the transaction has locked, with its open chat.

    `now` is the time of the decision. The settings are those of the contact's area.
    """

    contact: Contact
    chat: Chat
    manager: Manager
    now: datetime

    @cached_property
    def policy(self) -> PolicySettings:
        return policy_for(self.contact.manager_id, self.contact.area_id)

    @cached_property
    def area(self) -> Area | None:
        return self.contact.area

    def area_changed(self) -> None:
        """Forgets what depends on the contact's area."""
        for name in ("policy", "area"):
            self.__dict__.pop(name, None)


@dataclass(frozen=True, slots=True)
class Arrived:
    """The customer's messages since the rules last looked.

    `is_first`: they opened the chat. `is_old`: the newest was written long before it
    came, so it gets no automatic answer.
    """

    messages: list[Message]
    is_first: bool
    is_old: bool


def lock_context(contact_id: int) -> RuleContext | None:
    """Locks a contact with an open chat; returns None if it has none or is deleted."""
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=contact_id, deleted_at=None)
        .first()
    )
    if contact is None:
        return None
    chat = Chat.objects.filter(contact=contact, closed_at=None).first()
    if chat is None:
        return None
    manager = Manager.objects.get(pk=contact.manager_id)
    return RuleContext(contact, chat, manager, timezone.now())
