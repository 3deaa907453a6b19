"""Connections that give up on a server which does not answer.

`statement_timeout` is enforced by the server, so it does nothing against one that is
frozen or cut off. A connection of these waits as long as the server should take and a
little more, then closes itself and raises.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from hci_center.database.timeouts import timeouts

Result = TypeVar("Result")

CONNECT_TIMEOUT = 3
# Of the network between: a peer that is gone is noticed within 30 seconds, also by a
# connection that only listens. Unix sockets do not look at them.
NETWORK = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


class NoAnswerError(psycopg.OperationalError):
    """The server did not answer in the time that it should have taken at most."""


def bounded(given: Mapping[str, Any], **more: str) -> dict[str, Any]:
    """Those parameters of a connection with the bounds of this process.

    What the connection string says of the network stays; `more` are parameters of the
    server beside the bounds.
    """
    said = {**timeouts().settings(), **more}
    options = [f"-c {name}={value}" for name, value in said.items()]
    return {
        **NETWORK,
        **given,
        "options": " ".join(filter(None, [given.get("options"), *options])),
    }


class BoundedConnection(psycopg.Connection[Any]):
    """psycopg's, whose statements end one way or the other."""

    answer_timeout: float | None = None

    def wait(
        self, gen: Any, interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        if timeout is not None or self.answer_timeout is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_timeout)
        except errors._WaitTimeout:
            # Whatever it answers later would be taken for the answer to something
            # else.
            self.pgconn.finish()
            outage.begin()
            raise _no_answer(self.answer_timeout) from None


class BoundedAsyncConnection(psycopg.AsyncConnection[Any]):
    """The same for code that runs in an event loop."""

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
    return NoAnswerError(f"the server has not answered for {seconds:g} s")


class Outage:
    """While the server does not answer, one thread at a time tries to connect.

    The others are told at once: each try takes seconds, and the threads that wait in
    them are those that could say 503.
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
        """A new connection. Raises OperationalError."""
        if not self._is_on:
            return self._try(parameters)
        if not self._trying.acquire(blocking=False):
            raise NoAnswerError("the server did not answer a moment ago")
        try:
            return self._try(parameters)
        finally:
            self._trying.release()

    def _try(self, parameters: Mapping[str, Any]) -> BoundedConnection:
        try:
            made = BoundedConnection.connect(**parameters)
        except errors.ConnectionTimeout:
            self._is_on = True
            raise
        self._is_on = False
        made.answer_timeout = timeouts().answer
        return made


outage = Outage()
