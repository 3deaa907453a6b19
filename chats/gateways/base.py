"""What a gateway is to us: plain values in, one outcome out.

A driver makes one attempt and says what came of it. It knows no row, never waits,
never repeats and never raises for what the other side does: order, patience and
memory are the worker's, once for all gateways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, Protocol, runtime_checkable

Scope = Literal["message", "contact", "account"]
SessionState = Literal["unknown", "open", "connecting", "qr", "closed"]


@dataclass(frozen=True, slots=True)
class Account:
    """One credential at one gateway: a page, a number, an instance, a port.

    `name` is what logs call it. `url` is where the gateway is, without a last
    slash; `id` is its own name for the account. `number` is the phone that should
    be behind it.
    """

    name: str
    url: str
    id: str = ""
    token: str = field(default="", repr=False)
    number: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Stored bytes to send; `open` gives them anew each time."""

    name: str
    mime: str
    size: int
    open: Callable[[], BinaryIO]
    is_voice: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template and what fills its gaps."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it should leave.

    `uuid` is ours, carried along wherever the gateway has a place for it. `to` is
    the recipient as the gateway itself names him (`is_canonical`), or as saved.
    """

    uuid: str
    to: str
    kind: str
    is_canonical: bool = False
    text: str = ""
    file: File | None = None
    # Sent with the file, where the gateway can.
    caption: str = ""
    # The gateway's id of the message that this one answers, and who wrote that.
    reply_to: str = ""
    reply_to_is_own: bool = False
    template: Template | None = None
    operator: str = ""
    last_inbound_at: datetime | None = None
    # A page token for this message instead of the account's.
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has taken it. `canonical_to` is its own name of the recipient.

    `note` is what of it could not be sent, for who wrote it.
    """

    external_ids: tuple[str, ...]
    canonical_to: str | None = None
    status: Literal["wait", "sent"] = "sent"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """It was not sent, and the same again would be refused again.

    `scope` says what is refused: this message, this recipient, or whatever the
    account sends until somebody mends it (`pause` seconds at least).
    """

    code: str
    reason: str
    scope: Scope = "message"
    pause: float = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """It may go better later; `maybe_sent`: it may even have gone out already.

    `tries` is how often this failure is worth trying in all, None for the usual.
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
    """How the account's session is. `qr` is what a phone must scan to open it.

    `idempotent`: a repeat under our id is answered with the first result.
    `largest_file` is the largest that it takes, in bytes, None where it does not say.
    `keeps_qr`: the one told before may still be scanned.
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
    """Bytes that came with a message, or where its gateway keeps them.

    `details` is JSON that the gateway needs to fetch what it has not kept itself.
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
    """Media as it was fetched."""

    content: bytes
    mime: str
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a gateway tells of a person; `photo` is where it keeps his picture."""

    name: str = ""
    photo: str = field(default="", repr=False)


class Gateway(Protocol):
    """The sending half of a driver."""

    def send(self, account: Account, out: Outgoing) -> Outcome:
        """One attempt."""

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """What became of an attempt that may have gone out.

        Accepted: it did. Failed: it certainly did not, or may be repeated without
        harm. None: the gateway cannot tell.
        """

    def health(self, account: Account) -> Health:
        """The state of the account's session."""

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        """The bytes of received media, at most `MOST_MEDIA` of them."""

    def profile(self, account: Account, person: str) -> Profile | Failed:
        """What the gateway tells of a person when it is asked."""


@runtime_checkable
class Connectable(Protocol):
    """A gateway that shows a QR only when it is asked to connect."""

    def connect(self, account: Account) -> Health:
        """Begins a connection where there is none; answers with the QR to scan."""


class NoProfileMixin:
    """A gateway that cannot be asked who somebody is: messages tell, or nothing."""

    def profile(self, account: Account, person: str) -> Profile | Failed:
        return Profile()


MOST_MEDIA = 25 * 2**20
