"""A socket and the credential behind it, as seen by the hub."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from hci_center.callers import Caller
from hci_center.feed.frames import Change
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.sockets.audiences import Audience


class Close(IntEnum):
    """Codes with which the server closes a socket (contract: "Close codes")."""

    FAULT = 1011
    RESTART = 1012
    REFUSED = 4001
    RIGHTS_GONE = 4003
    TOO_SLOW = 4008
    TOO_MANY = 4009
    MALFORMED = 4400


class Transport(Protocol):
    """The server's side of a socket; see hci_center.feed.server.protocol."""

    connection: Connection | None
    # Writes a whole frame without waiting.
    write: Callable[[bytes], None]

    def set_high_water(self, waiting: int) -> None:
        """Sets the number of unsent bytes from which on the socket counts as full."""

    async def drained(self) -> None:
        """Returns when the socket is not full or is closed."""

    def close_connection(self, code: int) -> None:
        """Closes the socket without waiting for a client that does not read."""


class ConnectionOwner(Protocol):
    """The methods of the hub that a connection calls."""

    def pause(self, connection: Connection) -> None:
        """Pauses the connection until its rights are known again."""

    def leave(self, connection: Connection) -> None:
        """Removes the connection."""


class CredentialState:
    """A credential that has open sockets, or had some recently."""

    def __init__(self, credential: str) -> None:
        self.credential = credential
        self.connections: set[Connection] = set()
        # None when it is not known yet or the credential has ended.
        self.caller: Caller | None = None
        self.is_fresh = False
        # Number of resets, to detect one that comes while the rights are read.
        self.resets = 0
        # Whether the data of its clients is void, even if its rights stay the same.
        self.is_void = False
        self.password_fingerprint: str | None = None
        self.left_at = 0.0
        self.loading: asyncio.Task[None] | None = None

    @property
    def is_person(self) -> bool:
        return self.credential.startswith("user:")

    def is_target_of(self, change: Change) -> bool:
        """Whether a reset row is for this credential."""
        if change.who is not None:
            return change.who == self.credential
        return self.caller is not None and self.caller.reaches(change.manager)


class Connection:
    """A socket: unauthenticated, then catching up, then live.

    A live connection is paused while its rights are read again.
    """

    __slots__ = (
        "also",
        "audience",
        "ephemeral_at",
        "followed",
        "hub",
        "identity",
        "is_in_doubt",
        "is_open",
        "is_paused",
        "number",
        "opened_at",
        "paused_at",
        "present_as",
        "reset_due",
        "said",
        "slot",
        "state",
        "task",
        "transport",
    )

    def __init__(self, hub: ConnectionOwner, transport: Transport) -> None:
        self.hub = hub
        self.transport = transport
        self.is_open = True
        self.identity: SocketIdentity | None = None
        self.state: CredentialState | None = None
        # The additional kinds of events that its client requested.
        self.also: frozenset[str] = frozenset()
        # The operator whom it shows as online; kept when the rights are gone.
        self.present_as: int | None = None
        # Set while it is live.
        self.audience: Audience | None = None
        self.slot = 0
        # For the log: its number in this process, and since when it is live.
        self.number = 0
        self.opened_at = 0.0
        self.is_paused = False
        self.paused_at = 0
        # Whether the client's data became void, or may have, while it was not live.
        self.reset_due = False
        self.is_in_doubt = False
        self.task: asyncio.Task[None] | None = None
        # The `viewing` and `typing` frames in effect, with the time of each, those that
        # are not handled yet, and the rate limit's state; None for most sockets.
        self.followed: dict[Any, tuple[float, dict[str, Any]]] | None = None
        self.said: deque[dict[str, Any]] | None = None
        self.ephemeral_at = 0.0
        transport.connection = self

    def pause(self) -> None:
        """Pauses the connection until its rights are known again."""
        if self.audience is None:
            self.is_in_doubt = True
        else:
            self.hub.pause(self)
            self.is_paused = True

    def closed(self) -> None:
        """Marks the connection as closed, by either side, and removes it from the hub.

        Database queries still running for it must check `is_open` afterwards.
        """
        if self.is_open:
            self.is_open = self.is_paused = False
            self.hub.leave(self)
