"""One socket, as the hub knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from hci_center.callers import Caller
from hci_center.feed.frames import Change
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.sockets.audiences import Audience


class Close(IntEnum):
    """Why the server hangs up (contract: "Close codes")."""

    FAULT = 1011
    RESTART = 1012
    REFUSED = 4001
    RIGHTS_GONE = 4003
    TOO_SLOW = 4008
    TOO_MANY = 4009
    MALFORMED = 4400


class Transport(Protocol):
    """What the server lends of a socket; see hci_center.feed.server.protocol."""

    line: Connection | None
    # Takes a whole frame and never waits.
    write: Callable[[bytes], None]

    def set_high_water(self, waiting: int) -> None:
        """From how many unsent bytes on the socket counts as full."""

    async def drained(self) -> None:
        """Returns when the socket is not full, or gone."""

    def close_connection(self, code: int) -> None:
        """Closes, without waiting for whoever does not read."""


class ConnectionOwner(Protocol):
    """What a connection needs of the hub that it belongs to."""

    def hold(self, line: Connection) -> None:
        """Sends it nothing until its rights are known again."""

    def leave(self, line: Connection) -> None:
        """Forgets it."""


class CredentialState:
    """A credential with open sockets, or that had some lately."""

    def __init__(self, credential: str) -> None:
        self.credential = credential
        self.connections: set[Connection] = set()
        # None: not known, or ended.
        self.caller: Caller | None = None
        self.is_fresh = False
        # Counts the resets, so that rights read before one are not taken for new.
        self.resets = 0
        # Whether what its sockets hold is void, though its rights may be the same.
        self.is_void = False
        self.password_fingerprint: str | None = None
        self.left_at = 0.0
        self.loading: asyncio.Task[None] | None = None

    def is_target_of(self, change: Change) -> bool:
        """Whether a reset row is for it."""
        if change.who is not None:
            return change.who == self.credential
        return self.caller is not None and self.caller.reaches(change.manager)


class Connection:
    """A socket: silent, then catching up, then live; held while its rights are read
    again."""

    __slots__ = (
        "audience",
        "ephemeral_at",
        "followed",
        "held_at",
        "hub",
        "identity",
        "is_held",
        "is_in_doubt",
        "is_open",
        "present_as",
        "reset_due",
        "slot",
        "state",
        "task",
        "transport",
    )

    def __init__(self, hub: ConnectionOwner, wire: Transport) -> None:
        self.hub = hub
        self.transport = wire
        self.is_open = True
        self.identity: SocketIdentity | None = None
        self.state: CredentialState | None = None
        # The operator whom it shows to be online; kept when his rights are gone.
        self.present_as: int | None = None
        # Set while it is live.
        self.audience: Audience | None = None
        self.slot = 0
        self.is_held = False
        self.held_at = 0
        # What it holds became void, or perhaps did, while it was not live.
        self.reset_due = False
        self.is_in_doubt = False
        self.task: asyncio.Task[None] | None = None
        # What it said to view or to type to, and when; most sockets never do.
        self.followed: dict[Any, dict[str, Any]] | None = None
        self.ephemeral_at = 0.0
        wire.line = self

    def hold(self) -> None:
        """Its rights are not known for the moment: it hears nothing."""
        if self.audience is None:
            self.is_in_doubt = True
        else:
            self.hub.hold(self)
            self.is_held = True

    def closed(self) -> None:
        """The socket has ended, whoever ended it. What is still asked of the database
        for it comes back and finds it closed."""
        if self.is_open:
            self.is_open = self.is_held = False
            self.hub.leave(self)
