"""Who a socket belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SocketIdentity:
    """The credential that a socket showed in its `hi`.

    `session` is the login session behind it, "" for a key; `base` the address under
    which links to files are made.
    """

    credential: str
    session: str
    base: str
