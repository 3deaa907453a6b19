"""Rows that are created once for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def module_rows(blocker: Any) -> Iterator[None]:
    """Wraps a module-scoped fixture that writes rows and yields.

    They are in a transaction around the module's tests, each of which is a savepoint in
    it; none of them may have `transaction=True`. `blocker` is pytest-django's.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
    connection.close()
