"""Counts the SQL statements of a call, without transaction control."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def at_most(count: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as context:
        yield
    sent = [query["sql"] for query in context.captured_queries]
    counted = [sql for sql in sent if not sql.startswith(_CONTROL)]
    assert len(counted) <= count, "\n\n".join(counted)
