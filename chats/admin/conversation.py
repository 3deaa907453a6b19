"""The messages and events of one chat, for a supervisor to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Operator
from chats.admin.links import link_to, with_links
from chats.admin.message_types import type_label
from chats.files.file_links import PATH
from chats.inbox.history import events_of_chat
from chats.inbox.names import names_of_credentials
from chats.models import (
    Chat,
    ChatEvent,
    Direction,
    Message,
    MessageVersion,
    Note,
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
    """One message as it is shown; `file` is an address of ours, `link` one that was sent.

    `kind` is the type of the message. `earlier` are the texts before its sender edited
    it; `reactions` are pairs of person and emoji.
    """

    uuid: UUID
    incoming: bool
    who: str
    at: datetime
    text: SafeString
    kind: str
    type: str
    status: str
    failed: bool
    error: str
    link: SafeString
    file: str
    file_name: str
    file_size: int
    caption: SafeString
    quoted: str
    reactions: list[tuple[str, str]]
    origin: str
    edited: datetime | None
    deleted: datetime | None
    earlier: list[MessageVersion]
    is_note: bool = False


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

    def _sender(self, message: Message) -> str:
        if message.auto and message.sender == "0":
            return _("Automatic message")
        return self._who(message.sender)

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
            uuid=message.uuid,
            incoming=incoming,
            who=self._sender(message),
            at=message.created_at,
            text=with_links(message.content),
            kind=message.type,
            type=type_label(message.type),
            status="" if incoming else str(Status(message.status).label),
            failed=message.status == Status.FAILED,
            error=message.error,
            link=link_to(message.url),
            file=f"{PATH}{attachment.uuid}" if attachment else "",
            file_name=details.get("fileName", ""),
            file_size=attachment.size if attachment else 0,
            caption=with_links(details.get("caption", "")),
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


def detail_lines(message: Message) -> Iterator[tuple[Any, Any]]:
    """Yields what a message has in addition to its content, as labels and texts."""
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
    """Returns an excerpt of a message; for a file, of its caption or name."""
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


@dataclass(frozen=True, slots=True)
class NoteBubble:
    """An internal note shown between the messages."""

    who: str
    at: datetime
    text: SafeString
    is_note: bool = True


def said_in(chat: Chat) -> list[Bubble | NoteBubble]:
    """Returns the latest messages with the notes written since the first of them."""
    bubbles = bubbles_of(chat)
    notes = Note.objects.filter(chat=chat).select_related("author").order_by("pk")
    if len(bubbles) == MOST_SHOWN:
        notes = notes.filter(created_at__gte=bubbles[0].at)
    found = list(notes)
    names = names_of_credentials({n.actor for n in found if n.author is None})
    written = [
        NoteBubble(
            note.author.name if note.author else names.get(note.actor, note.actor),
            note.created_at,
            with_links(note.text),
        )
        for note in found
    ]
    return sorted([*bubbles, *written], key=lambda each: each.at)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger as a sentence, with its actor."""

    at: datetime
    text: str
    who: str


def events_of(chat: Chat) -> list[Line]:
    """Returns the chat's ledger in order, with the names of actors.

    If an actor acted in an operator's name, both are named.
    """
    shapes = events_of_chat(chat.manager_id, chat.contact_id, chat.protocol)
    actors = dict(ChatEvent.objects.filter(chat=chat).values_list("pk", "actor"))
    names = names_of_credentials(set(actors.values()))
    found = []
    for shape in shapes:
        who, bearer = shape["by"], names.get(actors.get(shape["id"], ""), "")
        if bearer and bearer != who:
            who = f"{who} ({bearer})" if who else bearer
        found.append(Line(datetime.fromisoformat(shape["at"]), shape["text"], who))
    return found
