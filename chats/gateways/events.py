"""Events that gateways report, one small class for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from chats.gateways.base import Media, SessionState

ReceiptStatus = Literal["sent", "delivered", "read", "failed"]
NoticeLevel = Literal["info", "warning", "problem"]


class BadSignatureError(Exception):
    """The signature is wrong: 403, and nothing is stored."""


class MalformedError(Exception):
    """The body is not in this gateway's format: 400, and nothing is stored."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer's ids at a gateway: the preferred id first, then all others."""

    ids: tuple[str, ...]
    name: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a message: text, a file, or a placeholder for an unknown kind.

    `tapped` is the id of the button, row or quick reply that the person tapped.
    """

    kind: str
    text: str = ""
    media: Media | None = None
    tapped: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a customer came from: an ad, a post, a link's `ref` or a product."""

    kind: Literal["ad", "post", "ref", "product"]
    ref: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a customer. `reply_to` is the gateway's id of the quoted one."""

    external_id: str
    person: Person
    content: Content
    at: datetime | None = None
    reply_to: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """An outgoing message: sent by us (`uuid`), or typed elsewhere.

    `is_api`: True if it was certainly sent through the API, None if unknown.
    """

    external_id: str
    person: Person
    content: Content
    at: datetime | None = None
    uuid: str = ""
    is_api: bool | None = None
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A status change of sent messages, by the gateway's ids or by ours."""

    status: ReceiptStatus
    external_ids: tuple[str, ...] = ()
    uuid: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """A status that applies to all messages sent to a person up to a time."""

    status: ReceiptStatus
    person: Person
    until: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """The state of the account's gateway session changed."""

    state: SessionState
    reason: str = ""
    qr: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class IdentityMerged:
    """Several ids belong to one person; `address` is the current one."""

    person: Person
    address: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """The sender of a message replaced its text (of a file: its caption)."""

    external_id: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The sender of a message deleted it."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction to a message; an empty `emoji` withdraws it.

    `person` is the customer of the conversation; `is_own` means that the account itself
    reacted and not the customer.
    """

    external_id: str
    person: Person
    emoji: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """A report of the platform on the account: a restriction, a review, a limit.

    The latest report of a `topic` replaces the previous one. A problem is an alarm
    until a less severe report replaces it, `until` has passed or somebody has handled
    it; with `is_blocking` the account cannot be used meanwhile. `number` is the phone
    concerned, None if it is the whole business account.
    """

    topic: str
    level: NoticeLevel
    text: str
    at: datetime | None = None
    until: datetime | None = None
    is_blocking: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class TemplateNotice:
    """A report of the platform on a message template; unreported fields are "".

    A `reason` belongs to a `status`: without a status the stored reason is kept.
    """

    name: str
    language: str
    at: datetime | None = None
    status: str = ""
    category: str = ""
    quality: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A known event that is not processed: groups, typing, events for other apps."""

    what: str


Event = (
    Inbound
    | Echo
    | Receipt
    | Watermark
    | Session
    | IdentityMerged
    | Edited
    | Deleted
    | Reaction
    | AccountNotice
    | TemplateNotice
    | Ignored
)


@dataclass(frozen=True, slots=True)
class WebhookItem:
    """The smallest part of a webhook's body that is processed by itself.

    `account` is the gateway's name of the account concerned; `payload` is ASCII JSON
    without secrets.
    """

    account: str
    payload: str


class Webhook(Protocol):
    """The receiving part of a driver."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        """Returns the pieces of a body, each of which is stored before it is processed.

        Raises BadSignatureError or MalformedError.
        """

    def parse(self, payload: Any) -> list[Event]:
        """Returns the events of one piece.

        Raises any exception for a piece of another shape.
        """
