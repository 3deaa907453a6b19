"""What gateways tell us: one small class for each kind of news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from chats.gateways.base import Media, SessionState

ReceiptStatus = Literal["sent", "delivered", "read", "failed"]
NoticeLevel = Literal["info", "warning", "problem"]


class BadSignatureError(Exception):
    """The sender is not who it says: 403, and nothing is stored."""


class MalformedError(Exception):
    """The body is not what this gateway sends: 400, and nothing is stored."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as a gateway names him: the best id first, then all others."""

    ids: tuple[str, ...]
    name: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What was said: text, a file, or a placeholder for what cannot be shown."""

    kind: str
    text: str = ""
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a customer came from: an ad, a post, a link's `ref` or a product."""

    kind: Literal["ad", "post", "ref", "product"]
    ref: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A customer wrote. `reply_to` is the gateway's id of the quoted message."""

    external_id: str
    person: Person
    content: Content
    at: datetime | None = None
    reply_to: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """Something went out: a send of ours (`uuid`), or typed elsewhere.

    `is_api`: True when it surely left through the API, None when unsaid.
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
    """News of messages that went out, by the gateway's ids or by ours."""

    status: ReceiptStatus
    external_ids: tuple[str, ...] = ()
    uuid: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """All that went out to a person up to a moment has come that far."""

    status: ReceiptStatus
    person: Person
    until: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """The account's session changed."""

    state: SessionState
    reason: str = ""
    qr: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class IdentityMerged:
    """Several names turn out to be one person; `address` is the one he has now."""

    person: Person
    address: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """Whoever wrote a message replaced its text (of a file: its caption)."""

    external_id: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """Whoever wrote a message took it back."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody's reaction to a message; an empty `emoji` withdraws it.

    `person` is the customer of the conversation; `is_own` says that the account
    itself reacted and not the customer.
    """

    external_id: str
    person: Person
    emoji: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """The platform reports on the account: a restriction, a review, a limit.

    The latest of a `topic` replaces the one before. A problem is an alarm until a
    lesser one replaces it, `until` has passed or somebody has dealt with it; with
    `is_blocking` the account cannot be used meanwhile. `number` is the one phone that
    it is about, None where it is about all of the business account.
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
    """What the platform says of a message template; "" where it says nothing of it.

    A `reason` belongs to a `status`: where there is none the known one stays.
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
    """Known, and nothing to us: groups, typing, what other apps are told."""

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
    """The smallest part of a webhook's body that is worked on by itself.

    `account` is the gateway's name of the account it is about; `payload` is ASCII
    JSON without secrets.
    """

    account: str
    payload: str


class Webhook(Protocol):
    """The receiving half of a driver."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        """The pieces of a body, each to be stored before anything else.

        Raises BadSignatureError or MalformedError.
        """

    def parse(self, payload: Any) -> list[Event]:
        """What one piece tells. Raises whatever a piece of another shape causes."""
