"""Actions of customers, operators and external programs, to test clocks."""

from __future__ import annotations

from typing import Any

from areas.operators import OperatorScope
from chats.conversations.assignment import change_area, claim, hand_over
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.messages.send import SendContext, send_text
from chats.models import Chat, Clock, Direction, Status
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send

BOT = Actor("key:1")
# In seconds.
TARGETS = {"slaQueue": 300, "slaFirst": 600, "slaReply": 900, "slaResolution": 3600}


class Life:
    """A contact of a manager, with methods for the actions on it."""

    def __init__(self, api: Any, manager: Any, contact: Any = None) -> None:
        self.api, self.manager = api, manager
        self.contact = contact or builders.make_contact(manager)

    @property
    def row(self) -> Contact:
        return Contact.objects.get(pk=self.contact.pk)

    @property
    def chat(self) -> Chat | None:
        return Chat.objects.filter(contact=self.contact, closed_at=None).first()

    def writes(self, text: str = "oi") -> None:
        number = int(self.contact.external_id)
        names = {"contactNumber": number, "managerNumber": self.manager.number}
        body = {**names, "from": number, "content": text}
        assert send(self.api, **body).status_code == 200

    def bot_writes(self) -> None:
        number = int(self.contact.external_id)
        names = {"contactNumber": number, "managerNumber": self.manager.number}
        assert send(self.api, **names, **{"from": 0}, content="?").status_code == 200

    def phone_writes(self) -> None:
        """Stores a message from the account's phone, as its echo is stored."""
        Contact.objects.filter(pk=self.contact.pk).update(waiting_since=None)
        values = {"direction": Direction.OUT, "status": Status.SENT, "auto": "phone"}
        builders.make_message(self.chat, sender="551140000000", **values)

    def moved(self, area: Any, actor: Actor = BOT) -> None:
        change_area(self.row, area.pk, actor=actor)

    def claimed(self, operator: Any) -> None:
        areas = frozenset(operator.areas.values_list("pk", flat=True))
        scope = OperatorScope(operator.pk, operator.name, areas)
        actor = Actor("key:1", operator.pk)
        claim(self.row, scope, actor=actor)

    def given(self, operator: Any) -> None:
        hand_over(self.row, None if operator is None else operator.pk, actor=BOT)

    def answered(self, operator: Any) -> None:
        actor = Actor("key:1", operator.pk)
        send_text(SendContext(self.row, operator.pk, actor), "Bom dia")

    def opened(self) -> None:
        open_chat(self.row, actor=BOT)

    def closed(self, cause: str = "resolved") -> None:
        close_chat(self.row, actor=BOT, cause=cause)


def running() -> dict[str, Clock]:
    rows = Clock.objects.filter(met_at=None, void_at=None)
    return {row.kind: row for row in rows}


def states() -> list[tuple[str, str]]:
    """Returns the clocks in order, with their states."""
    return [
        (row.kind, "met" if row.met_at else "void" if row.void_at else "running")
        for row in Clock.objects.order_by("started_at", "kind", "pk")
    ]
