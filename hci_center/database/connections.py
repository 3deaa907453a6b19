"""Connections that time out when the server does not answer.

`statement_timeout` is enforced by the server, so it has no effect when the server is
frozen or unreachable. These connections wait slightly longer than the server's own
timeout, then close themselves and raise NoAnswerError.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from hci_center.database.outage_lines import outage_lines, reason_of
from hci_center.database.timeouts import role, timeouts

Result = TypeVar("Result")

CONNECT_TIMEOUT = 3
# Network parameters: a lost peer is detected within 30 seconds, also by a connection
# that only listens. Unix sockets ignore them.
NETWORK = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}

# Compiling a long statement takes a server that does it (`jit`) seconds, where running
# it takes milliseconds: numbering a few changes took 6.7 s.
NOT_COMPILED = {"jit": "off"}


class NoAnswerError(psycopg.OperationalError):
    """The server did not answer within the longest time a statement may take."""


def with_network(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the connection parameters with those of the network added.

    Those of the connection string take precedence.
    """
    return {**NETWORK, **parameters}


def bounded(parameters: Mapping[str, Any], **more: str) -> dict[str, Any]:
    """Returns the connection parameters with the timeouts of this process added.

    Network parameters of the connection string take precedence. `more` are further
    server parameters.
    """
    server_settings = {**timeouts().settings(), **NOT_COMPILED, **more}
    options = [f"-c {name}={value}" for name, value in server_settings.items()]
    return {
        # Shown in pg_stat_activity; `manage.py doctor` looks there for workers.
        "application_name": f"hci {role()}",
        **with_network(parameters),
        "options": " ".join(filter(None, [parameters.get("options"), *options])),
    }


class BoundedConnection(psycopg.Connection[Any]):
    """A psycopg connection that waits at most `answer_timeout` for an answer."""

    answer_timeout: float | None = None

    def wait(
        self, gen: Any, interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        if timeout is not None or self.answer_timeout is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_timeout)
        except errors._WaitTimeout:
            # A late answer would be taken for the answer to the next statement.
            self.pgconn.finish()
            outage.begin()
            raise _no_answer(self.answer_timeout) from None


class BoundedAsyncConnection(psycopg.AsyncConnection[Any]):
    """BoundedConnection for code that runs in an event loop."""

    answer_timeout: float | None = None

    async def wait(
        self, gen: Any, interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        if timeout is not None or self.answer_timeout is None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.answer_timeout)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise _no_answer(self.answer_timeout) from None


def _no_answer(seconds: float) -> NoAnswerError:
    reason = f"the server has not answered for {seconds:g} s"
    outage_lines.lost(reason)
    return NoAnswerError(reason)


class Outage:
    """Lets only one thread at a time connect while the server does not answer.

    The other threads get NoAnswerError at once: each attempt takes seconds, and threads
    that wait for one could answer requests with 503 instead.
    """

    def __init__(self) -> None:
        self._is_on = False
        self._trying = threading.Lock()

    def begin(self) -> None:
        self._is_on = True

    @property
    def is_on(self) -> bool:
        return self._is_on

    def connect(self, parameters: Mapping[str, Any]) -> BoundedConnection:
        """Opens a connection. Raises OperationalError."""
        if not self._is_on:
            return self._try(parameters)
        if not self._trying.acquire(blocking=False):
            raise NoAnswerError("the server did not answer the previous attempt")
        try:
            return self._try(parameters)
        finally:
            self._trying.release()

    def _try(self, parameters: Mapping[str, Any]) -> BoundedConnection:
        try:
            connection = BoundedConnection.connect(**parameters)
        except psycopg.OperationalError as error:
            outage_lines.lost(reason_of(error))
            if isinstance(error, errors.ConnectionTimeout):
                self._is_on = True
            raise
        self._is_on = False
        outage_lines.back()
        connection.answer_timeout = timeouts().answer
        return connection


outage = Outage()
