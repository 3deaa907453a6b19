"""The identity behind a socket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SocketIdentity:
    """The credential that a client sent in its `hi` frame.

    `session` is the login session behind it, "" for a key; `base` is the address
    under which links to files are made.
    """

    credential: str
    session: str
    base: str
