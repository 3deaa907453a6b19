"""Queries on a persistent connection, for tests that poll the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg


class Asking:
    """Queries on one connection, and reconnects after the server was killed."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._kept: psycopg.Connection[Any] | None = None

    def row(self, question: str, *values: Any) -> Any:
        """Returns the first row, or None."""
        try:
            return self._asked(question, values)
        except psycopg.OperationalError:
            self.hang_up()
            return self._asked(question, values)

    def value(self, question: str, *values: Any) -> Any:
        """Returns the first column of the first row, or None."""
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
