"""The messages and events of one chat, for a supervisor to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Operator
from chats.admin.message_types import type_label
from chats.files.storage import PATH
from chats.models import (
    Chat,
    ChatEvent,
    Direction,
    Message,
    MessageVersion,
    Status,
)
from managers.admin.columns import short

# Messages on a page; the message list has the rest.
MOST_SHOWN = 200
# Characters of a quoted message.
EXCERPT = 120
ORIGINS = {
    "ad": gettext_lazy("Ad"),
    "post": gettext_lazy("Post"),
    "ref": gettext_lazy("Link"),
    "product": gettext_lazy("Product"),
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it is shown; `file` is an address, `link` only a text.

    `earlier` are the texts before its sender edited it; `reactions` are pairs of person
    and emoji.
    """

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
    file_name: str
    file_size: int
    caption: str
    quoted: str
    reactions: list[tuple[str, str]]
    origin: str
    edited: datetime | None
    deleted: datetime | None
    earlier: list[MessageVersion]


def bubbles_of(chat: Chat) -> list[Bubble]:
    """Returns the chat's latest messages, oldest first, in four queries at most."""
    latest = (
        Message.objects.filter(chat=chat)
        .select_related("attachment")
        .order_by("-pk")[:MOST_SHOWN]
    )
    messages = list(reversed(latest))
    return _Bubbles(chat, messages).shown()


class _Bubbles:
    """Messages of a chat, with related data of other rows."""

    def __init__(self, chat: Chat, messages: list[Message]) -> None:
        self.chat, self.messages = chat, messages
        self.names = self._names()
        self.quoted = self._quoted()
        self.earlier = self._earlier()

    def shown(self) -> list[Bubble]:
        return [self._bubble(message) for message in self.messages]

    def _names(self) -> dict[int, str]:
        """Names of the operators who wrote, by id."""
        senders = {int(m.sender) for m in self.messages if m.sender.isdecimal()}
        operators = Operator.objects.filter(manager=self.chat.manager_id)
        return dict(operators.filter(pk__in=senders).values_list("pk", "name"))

    def _quoted(self) -> dict[str, Message]:
        known = {str(message.uuid): message for message in self.messages}
        said = [message.details or {} for message in self.messages]
        quoted_ids: set[str] = {one["replyTo"] for one in said if "replyTo" in one}
        elsewhere = quoted_ids - known.keys()
        if elsewhere:
            rows = Message.objects.filter(contact=self.chat.contact_id)
            known |= {str(m.uuid): m for m in rows.filter(uuid__in=elsewhere)}
        return known

    def _earlier(self) -> dict[int, list[MessageVersion]]:
        edited = [m.pk for m in self.messages if "edited" in (m.details or {})]
        found: dict[int, list[MessageVersion]] = {}
        if edited:
            versions = MessageVersion.objects.filter(message__in=edited)
            for version in versions.order_by("pk"):
                found.setdefault(version.message_id, []).append(version)
        return found

    def _who(self, sender: str) -> str:
        if not sender:
            return self.chat.contact.name
        if not sender.isdecimal():
            return sender
        return self.names.get(int(sender), sender)

    def _bubble(self, message: Message) -> Bubble:
        incoming = message.direction == Direction.IN
        attachment: Any = getattr(message, "attachment", None)
        details = message.details or {}
        return Bubble(
            incoming=incoming,
            who=self._who(message.sender),
            at=message.created_at,
            text=message.content,
            type=type_label(message.type),
            status="" if incoming else str(Status(message.status).label),
            failed=message.status == Status.FAILED,
            error=message.error,
            link=message.url,
            file=f"{PATH}{attachment.uuid}" if attachment else "",
            file_name=details.get("fileName", ""),
            file_size=attachment.size if attachment else 0,
            caption=details.get("caption", ""),
            quoted=excerpt_of(self.quoted.get(details.get("replyTo", ""))),
            reactions=[
                (self._who(one["from"]), one["emoji"])
                for one in details.get("reactions", [])
            ],
            origin=origin_words(details.get("origin")),
            edited=_moment(details.get("edited")),
            deleted=_moment(details.get("deleted")),
            earlier=self.earlier.get(message.pk, []),
        )


def lines_beside(message: Message) -> Iterator[tuple[Any, Any]]:
    """Yields what a message has beside its content, as labels and texts."""
    bubble = _Bubbles(message.chat, [message]).shown()[0]
    yield from (
        (label, text)
        for label, text in (
            (_("Caption"), bubble.caption),
            (_("File"), bubble.file_name),
            (_("Size"), filesizeformat(bubble.file_size) if bubble.file else ""),
            (_("In reply to"), bubble.quoted),
            (_("Came from"), bubble.origin),
            (_("Edited"), short(bubble.edited)),
            (_("Deleted by its sender"), short(bubble.deleted)),
        )
        if text
    )
    for version in bubble.earlier:
        yield _("Before, since %s") % short(version.written_at), version.text
    for who, emoji in bubble.reactions:
        yield _("Reaction"), f"{emoji} {who}"


def excerpt_of(message: Message | None) -> str:
    """Returns the beginning of a message; of a file, of its caption or name."""
    if message is None:
        return ""
    details = message.details or {}
    said: str = details.get("caption") or details.get("fileName") or message.content
    return said if len(said) <= EXCERPT else f"{said[:EXCERPT]}…"


def origin_words(origin: dict[str, str] | None) -> str:
    """Returns where a customer came from, in one line."""
    if not origin:
        return ""
    kind = str(ORIGINS.get(origin["kind"], origin["kind"]))
    details = [origin["title"], origin["ref"], origin["url"]]
    return " · ".join([kind, *filter(None, details)])


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def events_of(chat: Chat) -> list[ChatEvent]:
    """Returns the chat's ledger entries in order, with areas and operators."""
    lines = ChatEvent.objects.filter(chat=chat).order_by("pk")
    return list(lines.select_related("area", "operator", "acting_operator"))
