"""Questions to a database on a connection that is kept: who waits asks very often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg


class Asking:
    """Asks on one connection, and on a new one after the server was killed."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._kept: psycopg.Connection[Any] | None = None

    def row(self, question: str, *values: Any) -> Any:
        """The first row of the answer, None without one."""
        try:
            return self._asked(question, values)
        except psycopg.OperationalError:
            self.hang_up()
            return self._asked(question, values)

    def value(self, question: str, *values: Any) -> Any:
        """The first column of the first row, None without one."""
        row = self.row(question, *values)
        return None if row is None else row[0]

    def hang_up(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _asked(self, question: str, values: tuple[Any, ...]) -> Any:
        if self._kept is None:
            self._kept = self._connect()
            self._kept.autocommit = True
        return self._kept.execute(question, values or None).fetchone()
