"""Reads figures from a standby of the database, HCI_REPORTS_DATABASE_URL.

Permissions, names and the current state are always read from the main database. While
the standby is behind or unavailable, figures are read from there too, and pages say so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.translation import gettext as _

from hci_center.database.faults import ERRORS, describe, sqlstate_of

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
State = Literal["none", "ok", "behind", "away", "no standby"]

ALIAS = "reports"
# How many seconds a standby may be behind, and for how long its state is cached.
MOST_BEHIND = 30.0
KNOWN_FOR = 5.0
# Raised for a statement that takes too long: it would take as long elsewhere.
_CANCELED = "57014"

_WRITTEN = "SELECT pg_current_wal_lsn()::text"
# The time of the last replayed commit, if later ones have not been replayed.
_BEHIND = """
SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_replay_lsn() >= %s::pg_lsn THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
       END::float8
"""
# Whether there is a table that the role of the connection may not read.
_FORBIDDEN = """
SELECT relname FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
   AND relname ~ '^(report|chats|contacts|areas|managers)_'
   AND NOT has_table_privilege(oid, 'SELECT')
 ORDER BY relname LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Standby:
    """The known state of the standby; `behind` in seconds."""

    state: State
    behind: float = 0.0
    error: str = ""


class _Known:
    """The state that this process has cached, and until when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.standby = Standby("none")
        self.until = 0.0


_known = _Known()
_thread = threading.local()


def read(build: Callable[[], Result]) -> Result:
    """Returns the result of `build`, with figures of the standby if it is available.

    If that fails, `build` is called again with those of the main database.
    """
    if ALIAS not in connections.settings or _look().state != "ok":
        return build()
    connections[ALIAS].close_if_unusable_or_obsolete()
    try:
        with _using(ALIAS):
            return build()
    except ERRORS as error:
        if not _is_of_standby(error):
            raise
        logger.warning("The standby could not be read: %s", describe(error))
        with _known.lock:
            _note(Standby("away", error=describe(error)))
        return build()


def cursor() -> Any:
    """Returns a cursor on the database that figures are read from."""
    return connections[getattr(_thread, "alias", DEFAULT_DB_ALIAS)].cursor()


def sentence() -> str:
    """Returns a notice for readers if figures do not come from the standby, or ""."""
    standby = _known.standby
    if ALIAS not in connections.settings or standby.state in ("none", "ok"):
        return ""
    if standby.state == "behind":
        return _(
            "These figures come from the main database: its copy for reports is "
            "%d seconds behind."
        ) % round(standby.behind)
    return _(
        "These figures come from the main database: its copy for reports cannot be read."
    )


def with_source(answer: dict[str, Any]) -> dict[str, Any]:
    """Adds the sentence as `source`, if there is one."""
    said = sentence()
    return answer | {"source": said} if said else answer


def ask() -> Standby:
    """Queries both servers; errors of the standby are not raised."""
    if ALIAS not in connections.settings:
        return Standby("none")
    with connections[DEFAULT_DB_ALIAS].cursor() as main:
        main.execute(_WRITTEN)
        (written,) = main.fetchone()
    there = connections[ALIAS]
    there.close_if_unusable_or_obsolete()
    try:
        with there.cursor() as standby:
            standby.execute(_BEHIND, [written])
            (behind,) = standby.fetchone()
            standby.execute(_FORBIDDEN)
            forbidden = standby.fetchone()
    except ERRORS as error:
        # The server's own message, for the administrator; it contains no secret.
        said = str(error).partition("\n")[0]
        return Standby("away", error=said or describe(error))
    if forbidden is not None:
        return Standby("away", error=f"permission denied for table {forbidden[0]}")
    if behind is None:
        return Standby("no standby")
    return Standby("behind" if behind > MOST_BEHIND else "ok", behind)


def forget() -> None:
    """Discards the cached state of the standby."""
    _known.until = 0.0


def _look() -> Standby:
    """Returns the cached state; one thread at a time refreshes it."""
    if time.monotonic() >= _known.until and _known.lock.acquire(blocking=False):
        try:
            before = _known.standby.state
            _note(ask())
            if _known.standby.state != before != "none":
                logger.warning("The standby for reports: %s", _known.standby.state)
        finally:
            _known.lock.release()
    return _known.standby


def _note(standby: Standby) -> None:
    _known.standby, _known.until = standby, time.monotonic() + KNOWN_FOR


@contextmanager
def _using(alias: str) -> Iterator[None]:
    before = getattr(_thread, "alias", DEFAULT_DB_ALIAS)
    _thread.alias = alias
    try:
        yield
    finally:
        _thread.alias = before


def _is_of_standby(error: BaseException) -> bool:
    """Whether the error is due to the standby, so that a retry elsewhere may work."""
    is_broken = connections[ALIAS].errors_occurred
    return is_broken and sqlstate_of(error) != _CANCELED
