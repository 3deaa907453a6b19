"""Timeouts of statements, locks and idle transactions, by kind of process.

The server enforces all three. When the server is frozen or the network drops packets,
nothing is enforced; then the client times out by itself a little later (see
hci_center.database.connections).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# How much longer the client waits than the server's own timeout, in seconds.
MARGIN = 1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds; 0 means no limit."""

    statement: float
    lock: float
    idle_in_transaction: float

    @property
    def answer(self) -> float | None:
        """Seconds that the client waits for the answer to a statement, or None."""
        return self.statement + MARGIN if self.statement else None

    def settings(self) -> dict[str, str]:
        """Returns the timeouts as PostgreSQL parameters."""
        values = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        return {name: f"{round(value * 1000)}ms" for name, value in values.items()}


_role = "web"


def use_role(role: str) -> None:
    """Sets the role of this process; to be called before its first connection.

    A key of `settings.DATABASE_TIMEOUTS`. The default is "web".
    """
    global _role
    _role = role


def role() -> str:
    """Returns the role of this process."""
    return _role


def timeouts() -> Timeouts:
    """Returns the timeouts of this process."""
    return Timeouts(*settings.DATABASE_TIMEOUTS[_role])


@contextmanager
def other_timeouts(connection: BaseDatabaseWrapper, other: Timeouts) -> Iterator[None]:
    """Applies other timeouts to this connection within the block."""
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
