"""The request log: a JSON line for each request, written by a separate thread.

Lines must add almost no cost to frequent calls, so they bypass the logging module: the
event loop encodes one object and a thread writes them in batches. If the log is not
read, lines are dropped and counted; no request waits for it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from structlog.contextvars import clear_contextvars, get_contextvars

from hci_center.request_ids import KEY

# Keys of the WSGI environ, by which Django's threads pass data about a request to the
# server.
ROUTE, CALLER, IDS, DATABASE = "hci.route", "hci.caller", "hci.ids", "hci.database"
UNMATCHED = "unmatched"
STATIC = "/static/"

# How long lines are collected, in seconds, and how many are buffered at most.
EVERY = 0.2
MOST_WAITING = 10_000


def begin() -> None:
    """Starts a request in one of Django's threads."""
    clear_contextvars()
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.close_if_unusable_or_obsolete()
    database.spent, database.statements = 0.0, 0


def describe(request: HttpRequest) -> None:
    """Records the route, the sender, the ids and the database time."""
    meta = request.META
    match = request.resolver_match
    if match is not None:
        meta[ROUTE] = f"/{match.route}"
    elif request.path_info.startswith(STATIC):
        meta[ROUTE] = STATIC
    caller = getattr(request, "caller", None)
    if caller is not None:
        meta[CALLER] = caller.credential
    elif (user := getattr(request, "_cached_user", None)) is not None and user.pk:
        meta[CALLER] = f"user:{user.pk}"
    meta[IDS] = get_contextvars()
    database: Any = connections[DEFAULT_DB_ALIAS]
    meta[DATABASE] = (database.spent, database.statements)


def line_of(environ: dict[str, Any], status: int, seconds: float) -> bytes:
    """Returns the line of a request that was answered."""
    spent, statements = environ.get(DATABASE, (0.0, 0))
    fields = {
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "level": "info",
        "logger": "request",
        "event": "request",
        "request_id": environ.get(KEY, ""),
        "method": environ["REQUEST_METHOD"],
        "route": environ.get(ROUTE, UNMATCHED),
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "database_ms": round(spent * 1000, 1),
        "statements": statements,
        "caller": environ.get(CALLER, ""),
    }
    return orjson.dumps(fields | environ.get(IDS, {}), default=str)


class LineWriter:
    """Writes lines to stderr in a thread; `write` never waits."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stderr.fileno() if descriptor is None else descriptor
        self._lines: deque[bytes] = deque()
        self._left_out = 0
        self._wake = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        if len(self._lines) >= MOST_WAITING:
            self._left_out += 1
            return
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Writes the remaining lines, within a second."""
        self._is_closed = True
        self._wake.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        pause = threading.Event()
        while not self._is_closed or self._lines:
            self._wake.wait()
            self._wake.clear()
            self._write_all()
            if not self._is_closed:
                pause.wait(EVERY)

    def _write_all(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        left_out, self._left_out = self._left_out, 0
        if left_out:
            lines.append(_left_out_line(left_out))
        rest = b"".join(line + b"\n" for line in lines)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # This cannot be reported: it is the log that cannot be written.
            return


def _left_out_line(count: int) -> bytes:
    return orjson.dumps(
        {
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "level": "warning",
            "logger": "request",
            "event": f"{count} lines of requests were left out",
        }
    )
