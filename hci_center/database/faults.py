"""Classifies database errors: unreachable, timed out, deadlocked, disk full.

Django wraps nearly all of them as OperationalError. PostgreSQL's SQLSTATE distinguishes
them, and callers, workers and administrators handle each of them differently.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError

# What Django and the driver raise when a statement fails.
ERRORS = (DatabaseError, InterfaceError, psycopg.Error)
_OPERATIONAL = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

# How long health checks report a full disk after the last refused write, in seconds.
REMEMBERED = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of transient failure; `retry_after` is in whole seconds."""

    name: str
    level: int
    retry_after: int
    # The connection cannot be used any more.
    is_lost: bool = False
    # No write can succeed until then.
    stops_all_writing: bool = False


UNREACHABLE = Fault("unreachable", logging.WARNING, 2, is_lost=True)
STATEMENT_TIMEOUT = Fault("statement timeout", logging.ERROR, 5)
LOCK_TIMEOUT = Fault("lock timeout", logging.WARNING, 2)
DEADLOCK = Fault("deadlock", logging.WARNING, 1)
DISK_FULL = Fault("disk full", logging.CRITICAL, 30, stops_all_writing=True)
OUT_OF_MEMORY = Fault("out of memory", logging.CRITICAL, 10, stops_all_writing=True)
READ_ONLY = Fault("read-only server", logging.ERROR, 5, is_lost=True)
INPUT_OUTPUT = Fault(
    "I/O error of the server", logging.CRITICAL, 30, stops_all_writing=True
)
OTHER = Fault("error of the server", logging.ERROR, 2)

_BY_STATE = {
    "25006": READ_ONLY,  # connected to a standby, or to a server that is being replaced
    "25P03": UNREACHABLE,  # idle_in_transaction_session_timeout ended the connection
    "25P04": UNREACHABLE,  # transaction_timeout likewise
    "40001": DEADLOCK,  # serialization failure: to be retried, like a deadlock
    "40P01": DEADLOCK,
    "53100": DISK_FULL,
    "53200": OUT_OF_MEMORY,
    "53300": UNREACHABLE,  # too many connections
    "55P03": LOCK_TIMEOUT,
    "57014": STATEMENT_TIMEOUT,
    "57P01": UNREACHABLE,
    "57P02": UNREACHABLE,
    "57P03": UNREACHABLE,
    "57P05": UNREACHABLE,
    "58000": INPUT_OUTPUT,
    "58030": INPUT_OUTPUT,
}


def sqlstate_of(error: BaseException) -> str | None:
    """Returns the SQLSTATE of the error, or None when no server answered."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def fault_of(error: BaseException) -> Fault | None:
    """Returns the kind of the error, or None when a retry cannot succeed."""
    if not isinstance(error, ERRORS):
        return None
    state = sqlstate_of(error)
    if state in _BY_STATE:
        return _BY_STATE[state]
    if not isinstance(error, _OPERATIONAL):
        return None
    # Without a code no server has answered: the connection is broken or closed.
    return UNREACHABLE if state is None or state.startswith("08") else OTHER


def is_lost(error: BaseException) -> bool:
    """Whether the connection is lost and a new one must be opened."""
    fault = fault_of(error)
    return fault is not None and fault.is_lost


def describe(error: BaseException) -> str:
    """Returns the kind, code and location of the error, without any values sent."""
    fault, code = fault_of(error), sqlstate_of(error) or type(error).__name__
    name = f"{fault.name} ({code})" if fault is not None else type(error).__name__
    return f"{name} at {_location_of(error)}"


def _location_of(error: BaseException) -> str:
    """Returns module and line of the innermost frame of this project."""
    location = "?"
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.split(".")[0] in _OURS and module != "hci_center.database.base":
            location = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return location


_OURS = frozenset({"managers", "areas", "contacts", "chats", "hci_center"})


class DiskFullMemory:
    """Remembers when a write of this process last failed because the disk was full."""

    def __init__(self) -> None:
        self._at: float | None = None

    def note(self, error: BaseException) -> None:
        if fault_of(error) is DISK_FULL:
            self._at = time.monotonic()

    def is_recent(self) -> bool:
        return self._at is not None and time.monotonic() - self._at < REMEMBERED


disk_full = DiskFullMemory()
