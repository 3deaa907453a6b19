"""What was said and done in one chat, for a supervisor to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from areas.models import Operator
from chats.attachments import PATH
from chats.models import Chat, ChatEvent, Direction, Message, Status

# What fits a page; the message list holds the rest.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it is shown; `file` is an address, `link` only a text."""

    incoming: bool
    who: str
    at: datetime
    text: str
    type: str
    status: str
    failed: bool
    error: str
    link: str
    file: str


def bubbles_of(chat: Chat) -> list[Bubble]:
    """The chat's latest messages, oldest first, in two queries."""
    latest = (
        Message.objects.filter(chat=chat)
        .select_related("attachment")
        .order_by("-pk")[:MOST_SHOWN]
    )
    messages = list(reversed(latest))
    senders = {int(m.sender) for m in messages if m.sender.isdecimal()}
    names = dict(
        Operator.objects.filter(manager=chat.manager_id, pk__in=senders).values_list(
            "pk", "name"
        )
    )
    return [_bubble(message, chat, names) for message in messages]


def _bubble(message: Message, chat: Chat, names: dict[int, str]) -> Bubble:
    incoming = message.direction == Direction.IN
    sender = message.sender
    if incoming:
        who = chat.contact.name
    else:
        who = names.get(int(sender), sender) if sender.isdecimal() else sender
    attachment: Any = getattr(message, "attachment", None)
    return Bubble(
        incoming=incoming,
        who=who,
        at=message.created_at,
        text=message.content,
        type=message.type,
        status="" if incoming else str(Status(message.status).label),
        failed=message.status == Status.FAILED,
        error=message.error,
        link=message.url,
        file=f"{PATH}{attachment.uuid}" if attachment else "",
    )


def events_of(chat: Chat) -> list[ChatEvent]:
    """The chat's lines of the ledger in order, with areas and operators."""
    lines = ChatEvent.objects.filter(chat=chat).order_by("pk")
    return list(lines.select_related("area", "operator", "acting_operator"))
