"""Converts messages of the earlier system to rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from chats.api.fields import MessageType
from chats.conversations.message_details import LONGEST_CAPTION, as_json
from chats.messages.base64_text import (
    LONGEST_BASE64_CONTENT,
    LONGEST_CONTENT,
    decode_where_written,
)
from chats.messages.store import FILE_CONTENT
from chats.models import Direction, Status
from contacts.aliases import names_of_sender
from hci_center.legacy.fields import (
    LONGEST_ID,
    LONGEST_LINK,
    Fields,
    WrongFieldError,
)
from hci_center.legacy.operators import NOBODY
from hci_center.legacy.proof import message_line
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner

KNOWN = {
    "content", "type", "supertype", "from", "status", "url", "createdAt", "date",
    "timestamp", "updatedAt",
}  # fmt: skip
LONGEST_TYPE = 255
OUT_STATUSES = {"sent", "delivered", "read", "failed"}
_TYPE = MessageType()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The context for reading the messages of a chat.

    `shown_id` is the contact's id in responses, `aliases` its ids. `begins` is the time
    of the chat, for messages without a time.
    """

    place: str
    owner: Owner
    channel: str
    shown_id: str
    aliases: frozenset[str]
    begins: datetime
    now: datetime


@dataclass(slots=True)
class Row:
    """A message as stored; `old` is the document's in the earlier format."""

    direction: str
    type: str
    content: str
    url: str
    sender: str
    status: str
    at: datetime
    details: str | None
    is_persons: bool
    old: list[Any]

    def columns(self, message_id: int, ids: tuple[int, int, int]) -> list[Any]:
        """Returns the row for COPY; `ids` are manager, contact and chat."""
        return [
            message_id, uuid4(), *ids, self.direction, self.type, self.content,
            self.url, self.sender, self.status, "", self.at, self.at, self.details,
        ]  # fmt: skip


@dataclass(slots=True)
class Totals:
    """The contact's counts that result from its messages.

    `waiting_since` is the time of the customer's first message after the last one of a
    person.
    """

    unread: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_in_at: datetime | None = None
    waiting_since: datetime | None = None
    is_answered: bool = False

    def add(self, row: Row) -> None:
        self.first_at = min(self.first_at or row.at, row.at)
        self.last_at = max(self.last_at or row.at, row.at)
        if row.direction == Direction.IN:
            self.unread += row.status == Status.WAIT
            self.last_in_at = max(self.last_in_at or row.at, row.at)
            self.waiting_since = self.waiting_since or row.at
        elif row.is_persons:
            self.waiting_since, self.is_answered = None, True


@dataclass(slots=True)
class Converted:
    """The messages of a chat that are not imported yet, and digests.

    `beginning` is the digest of the earlier ones, `all` of all, both without statuses,
    which keep changing; `compared` is the digest of what is read back.
    """

    rows: list[Row] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    beginning: str = ""
    all: str = ""
    compared: bytes = b""


class Messages:
    """Reads the messages of chats."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def convert(
        self, talk: Conversation, documents: list[Any], first: int, *, proves_all: bool
    ) -> Converted | None:
        """Returns the messages from `first` on; None, with all errors reported.

        With `proves_all` earlier ones are compared too, without statuses.
        """
        result = Converted()
        beginning, compared, errors = hashlib.sha256(), hashlib.sha256(), 0
        for n, values in enumerate(documents):
            if n == first:
                result.beginning = beginning.hexdigest()
            row = self._row(talk, n, values)
            if row is None:
                errors += 1
                continue
            beginning.update(message_line(row.old, with_status=False))
            if n >= first or proves_all:
                compared.update(message_line(row.old, with_status=not proves_all))
            if n >= first:
                result.rows.append(row)
                result.totals.add(row)
        result.all = beginning.hexdigest()
        if first >= len(documents):
            result.beginning = result.all if first == len(documents) else ""
        result.compared = compared.digest()
        return None if errors else result

    def _row(self, talk: Conversation, n: int, values: Any) -> Row | None:
        try:
            if not isinstance(values, dict):
                raise WrongFieldError("", _("This must be an object."))
            fields = Fields(values)
            self.report.note_fields("messages", fields.unknown(KNOWN))
            return self._read(talk, n, fields)
        except WrongFieldError as error:
            name = f".{error.name}" if error.name else ""
            place = f"{talk.place} messages[{n}]{name}"
            self.report.error("messages", place, error.sentence)
            return None

    def _read(self, talk: Conversation, n: int, fields: Fields) -> Row:
        place = f"{talk.place} messages[{n}]"
        sender = fields.text("from", LONGEST_ID)
        if not sender:
            raise WrongFieldError("from", _("This field is required."))
        kind, content, details = _content(fields)
        url = fields.text("url", LONGEST_LINK)
        if kind != "text" and not url:
            self.report.warn(f"{place}.url", _("A file without its link."))
        at = self._read_time(talk, n, fields)
        status = fields.text("status", LONGEST_ID)
        said = FILE_CONTENT if kind != "text" and details is None else content
        is_in = not talk.aliases.isdisjoint(names_of_sender(talk.channel, sender))
        if is_in:
            status = Status.WAIT if status == "wait" else Status.READ
            old = [talk.shown_id, kind, said, status, url if kind != "text" else ""]
            return Row(
                Direction.IN, kind, _stored(kind, content), url, "", status, at,
                details, False, old,
            )  # fmt: skip
        if status not in OUT_STATUSES:
            if status not in ("", "wait"):
                self.report.warn(f"{place}.status", _("Unknown: it is stored as sent."))
            status = Status.SENT
        person = talk.owner.operators.sender(sender)
        if len(person.sender) > LONGEST_ID:
            raise WrongFieldError("from", _("This is longer than %d characters.") % 57)
        # A person is a user of the old system, not the account itself.
        is_person = person.operator_id is not None or (
            sender not in talk.owner.names and sender not in NOBODY
        )
        old = [person.old, kind, said, status, url if kind != "text" else ""]
        return Row(
            Direction.OUT, kind, _stored(kind, content), url, person.sender, status, at,
            details, is_person, old,
        )  # fmt: skip

    def _read_time(self, talk: Conversation, n: int, fields: Fields) -> datetime:
        at = fields.time() or talk.begins + timedelta(milliseconds=n)
        if at > talk.now:
            self.report.warn(
                f"{talk.place} messages[{n}]",
                _("Its time is in the future: it is stored as now."),
            )
            return talk.now
        return at


def _stored(kind: str, content: str) -> str:
    return content if kind == "text" else FILE_CONTENT


def _content(fields: Fields) -> tuple[str, str, str | None]:
    """Returns type, content and details, like `message/send` for the same fields."""
    parsed = fields.get("type", _TYPE.parse) or fields.get("supertype", _TYPE.parse)
    content = fields.text("content", LONGEST_BASE64_CONTENT)
    if parsed is None:
        has_file = fields.text("url", LONGEST_LINK) and not content
        parsed = "file" if has_file else "text"
    if parsed == "base64":
        parsed, content = "text", decode_where_written(content)
    if parsed == "text":
        if len(content) > LONGEST_CONTENT:
            sentence = _("This is longer than %d characters.") % LONGEST_CONTENT
            raise WrongFieldError("content", sentence)
        return parsed, content, None
    if content in ("", FILE_CONTENT):
        return parsed, FILE_CONTENT, None
    if len(content) > LONGEST_CAPTION:
        sentence = _("This is longer than %d characters.") % LONGEST_CAPTION
        raise WrongFieldError("content", sentence)
    return parsed, content, as_json({"caption": content})
