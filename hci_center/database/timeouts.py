"""How long a statement, a lock and an idle transaction may take, by kind of process.

The server enforces the three of them. A server that is frozen, or a network that
swallows packets, enforces nothing: there the client gives up by itself, a little
later (see hci_center.database.connections).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# The client waits for as much longer than the server should take, in seconds.
MARGIN = 1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds; 0 means without end."""

    statement: float
    lock: float
    idle_in_transaction: float

    @property
    def answer(self) -> float | None:
        """How long the client waits for the answer to a statement."""
        return self.statement + MARGIN if self.statement else None

    def settings(self) -> dict[str, str]:
        """As PostgreSQL's parameters."""
        given = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        return {name: f"{round(value * 1000)}ms" for name, value in given.items()}


_role = "web"


def use_role(role: str) -> None:
    """Says what this process is, before it opens its first connection.

    One of `settings.DATABASE_TIMEOUTS`. Who says nothing has the bounds of the web.
    """
    global _role
    _role = role


def timeouts() -> Timeouts:
    """Those of this process."""
    return Timeouts(*settings.DATABASE_TIMEOUTS[_role])


@contextmanager
def other_timeouts(connection: BaseDatabaseWrapper, other: Timeouts) -> Iterator[None]:
    """Other bounds for the statements of this block, on this connection alone."""
    _apply(connection, other)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            _apply(connection, timeouts())


def _apply(connection: BaseDatabaseWrapper, wanted: Timeouts) -> None:
    with connection.cursor() as cursor:
        for name, value in wanted.settings().items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.connection.answer_timeout = wanted.answer
