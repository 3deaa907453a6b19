"""Health checks: whether the process is up and whether it can work."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDoneError
from functools import cache
from typing import Any, Literal

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string

from hci_center.database import faults
from hci_center.database.connections import BoundedConnection
from hci_center.errors import LackingError, MethodNotAllowedError
from hci_center.redis_servers import connect

State = Literal["ok", "degraded", "down"]

SECONDS = 1.5
# Below LITTLE_DISK the status is `degraded`, below LEAST_DISK it is `down`: PostgreSQL
# itself stops when it cannot write its log.
LITTLE_DISK = 500 * 2**20
LEAST_DISK = 50 * 2**20
PROBE_SIZE = 64 * 2**10


class BrokenError(LackingError):
    """The check's failure makes the status `down`, whatever its usual severity."""


def healthz(request: HttpRequest) -> JsonResponse:
    """Answers that the process is up and has a free thread."""
    _require_get(request)
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Reports whether the required services respond, within two seconds."""
    _require_get(request)
    checks: dict[str, str] = {}
    states: list[State] = []
    for check in CHECKS:
        check.begin()
    deadline = time.monotonic() + SECONDS
    for check in CHECKS:
        state, checks[check.name] = check.end(deadline)
        states.append(state)
    status: State = (
        "down" if "down" in states else "degraded" if "degraded" in states else "ok"
    )
    return JsonResponse(
        {"status": status, "checks": checks}, status=503 if status == "down" else 200
    )


def _require_get(request: HttpRequest) -> None:
    if request.method not in (allowed := ["GET", "HEAD"]):
        raise MethodNotAllowedError(allowed)


class Check:
    """One check with its own thread, which a frozen server may block."""

    def __init__(self, name: str, fault: State, ask: Callable[[], str]) -> None:
        self.name, self.fault, self.ask = name, fault, ask
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ready-{name}")
        self._answer: Future[str] | None = None

    def begin(self) -> None:
        if self._answer is None or self._answer.done():
            self._answer = self._thread.submit(self.ask)

    def end(self, deadline: float) -> tuple[State, str]:
        assert self._answer is not None  # noqa: S101
        try:
            return "ok", self._answer.result(max(0.0, deadline - time.monotonic()))
        except NotDoneError:
            return self.fault, "does not answer"
        except BrokenError as broken:
            return "down", str(broken)
        except LackingError as lack:
            return self.fault, str(lack)
        except Exception as error:  # noqa: BLE001 - any error is reported
            return self.fault, type(error).__name__


def _check_database() -> str:
    if faults.disk_full.is_recent():
        raise LackingError("it refused a write: its disk is full")
    # A new connection with the full connection parameters tests the server and not an
    # old connection.
    parameters = {**connection.get_connection_params(), **_PROBE}
    with BoundedConnection.connect(**parameters) as database:
        database.answer_timeout = SECONDS
        rows = database.execute("SELECT app, name FROM django_migrations").fetchall()
    missing = len(_migrations() - set(rows))
    if missing:
        raise LackingError(f"{missing} migrations are not applied")
    return "ok"


_PROBE: dict[str, Any] = {
    "connect_timeout": 1,
    "autocommit": True,
    "cursor_factory": psycopg.Cursor,
}


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def _check_redis() -> str:
    server = connect(settings.REDIS_PUBLISHER)
    try:
        server.ping()
    finally:
        server.close()
    return "ok"


def _check_disk() -> str:
    """Fails if little space is free or if nothing can be written."""
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
        with tempfile.TemporaryFile(dir=settings.DATA_DIR, prefix=".probe-") as file:
            file.write(bytes(PROBE_SIZE))
            file.flush()
    except OSError as error:
        raise BrokenError(f"nothing can be written: {error.strerror}") from None
    if free < LEAST_DISK:
        raise BrokenError(f"{free // 2**20} MiB are free")
    if free < LITTLE_DISK:
        raise LackingError(f"{free // 2**20} MiB are free")
    return "ok"


CHECKS = [
    Check("database", "down", _check_database),
    Check("redis", "degraded", _check_redis),
    Check("disk", "degraded", _check_disk),
    *(
        Check(name, "degraded", import_string(path))
        for name, path in settings.READY_CHECKS.items()
    ),
]
