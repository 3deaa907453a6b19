"""The interface of gateway drivers: plain values in, one outcome out.

A driver makes one attempt and returns its result. It uses no database rows, never
waits, never repeats and never raises for a fault of the gateway: order, retries and
storage are done by the worker, once for all gateways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, Protocol, runtime_checkable

Scope = Literal["message", "contact", "account"]
SessionState = Literal["unknown", "open", "connecting", "qr", "closed"]
Needs = Literal["", "named", "header", "button", "other"]


@dataclass(frozen=True, slots=True)
class Account:
    """One credential at a gateway: a page, a number, an instance or a port.

    `name` is used in logs. `url` is the gateway's address without a trailing slash;
    `id` is the gateway's name of the account. `number` is the phone number that should
    be connected to it. `business` is the account that owns it and its templates.
    """

    name: str
    url: str
    id: str = ""
    token: str = field(default="", repr=False)
    number: int | None = None
    business: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A stored file to send; `open` opens it from the start each time."""

    name: str
    mime: str
    size: int
    open: Callable[[], BinaryIO]
    is_voice: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template and the values of its parameters."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovedTemplate:
    """A template that the platform has approved, as it lists it.

    `text` is its body with `{{1}}` for the first of `parameters` values. `needs` is
    what it takes besides them: names for its values, something in its header or its
    buttons, or a part of another kind; "" if it can be sent with the values alone.
    """

    name: str
    language: str
    category: str
    text: str
    parameters: int
    needs: Needs = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be tapped instead of typed: `items` are ids with their titles.

    `text` is shown with them. A gateway without that kind sends the message's text.
    """

    kind: Literal["buttons", "list", "quick_replies"]
    text: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send.

    `uuid` is our id, sent along wherever the gateway has a field for it. `to` is the
    recipient's id at the gateway (`is_canonical`), or the number as it was saved.
    """

    uuid: str
    to: str
    kind: str
    is_canonical: bool = False
    text: str = ""
    file: File | None = None
    # Sent with the file, if the gateway supports it.
    caption: str = ""
    # The gateway's id of the quoted message, and who wrote that message.
    reply_to: str = ""
    reply_to_is_own: bool = False
    template: Template | None = None
    choices: Choices | None = None
    operator: str = ""
    last_inbound_at: datetime | None = None
    # A page token for this message, used instead of the account's.
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway accepted the message. `canonical_to` is its own id of the recipient.

    `note` says, for the operator, which part could not be sent.
    """

    external_ids: tuple[str, ...]
    canonical_to: str | None = None
    status: Literal["wait", "sent"] = "sent"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The message was not sent, and a repeat would be refused again.

    `scope` is what is refused: this message, this recipient, or everything the account
    sends until somebody fixes it (`pause` seconds at least).
    """

    code: str
    reason: str
    scope: Scope = "message"
    pause: float = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed and may succeed later; `maybe_sent`: it may have been sent.

    `tries` is the total number of attempts for this failure, None for the default.
    """

    code: str
    reason: str
    scope: Literal["contact", "account"] = "contact"
    retry_after: float | None = None
    maybe_sent: bool = False
    tries: int | None = None


Outcome = Accepted | Rejected | Failed


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the account's gateway session.

    `qr` is the code to scan to connect it. `idempotent`: a repeat under the same id
    gets the first result. `largest_file` is the largest accepted file in bytes, None if
    unknown. `keeps_qr`: the QR code reported before is still valid.
    """

    state: SessionState
    reason: str = ""
    qr: str = field(default="", repr=False)
    number: int | None = None
    idempotent: bool = False
    largest_file: int | None = None
    keeps_qr: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """The bytes of a received file, or where its gateway keeps them.

    `details` is JSON that the gateway needs to fetch a file it has not kept itself.
    """

    mime: str = ""
    name: str = ""
    base64: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    id: str = ""
    sha256: str = ""
    details: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched file."""

    content: bytes
    mime: str
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a gateway knows about a person; `photo` is the address of the picture."""

    name: str = ""
    photo: str = field(default="", repr=False)


class Gateway(Protocol):
    """The sending part of a driver."""

    def send(self, account: Account, out: Outgoing) -> Outcome:
        """Makes one attempt to send."""

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Returns what became of an attempt that may have been sent.

        Accepted: it was sent. Failed: it was not sent, or can be repeated without harm.
        None: the gateway cannot tell.
        """

    def health(self, account: Account) -> Health:
        """Returns the state of the account's gateway session."""

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        """Returns the bytes of received media, at most `MOST_MEDIA`."""

    def profile(self, account: Account, person: str) -> Profile | Failed:
        """Returns what the gateway knows about a person."""


@runtime_checkable
class Connectable(Protocol):
    """A gateway that shows a QR code only after an explicit request to connect."""

    def connect(self, account: Account) -> Health:
        """Starts a connection if there is none; return the QR code to scan."""


@runtime_checkable
class HasTemplates(Protocol):
    """A gateway with templates that its platform approves."""

    def templates(self, account: Account) -> list[ApprovedTemplate] | Failed:
        """Returns all approved templates of the account."""


class NoProfileMixin:
    """For gateways that have no profile lookup; names come with messages, if at all."""

    def profile(self, account: Account, person: str) -> Profile | Failed:
        return Profile()


MOST_MEDIA = 25 * 2**20
