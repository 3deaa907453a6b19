"""`manage.py migrate`: Django's command, for a database in use.

Concurrent runs wait for each other. A migration waits for a lock only briefly, because
all queries behind it wait too; then it is rolled back and retried.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from hci_center.database import faults
from hci_center.database.timeouts import Timeouts, other_timeouts

# The number is arbitrary.
LOCK = 0x4843494D
# No statement timeout, for index builds. The lock timeout of a migration in seconds.
STATEMENT_SECONDS, LOCK_SECONDS, IDLE_SECONDS = 3600.0, 2.0, 600.0
# Delays before retries, in seconds.
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        database = connections[options["database"]]
        patience = Timeouts(STATEMENT_SECONDS, LOCK_SECONDS, IDLE_SECONDS)
        with (
            _exclusive(database),
            other_timeouts(database, patience),
            _seldom_collecting(),
        ):
            self._migrate(*args, **options)

    def _migrate(self, *args: Any, **options: Any) -> None:
        """Continues with the first unapplied migration, until all are applied."""
        for pause in PAUSES:
            try:
                super().handle(*args, **options)
            except DatabaseError as error:
                fault = faults.fault_of(error)
                if fault not in (faults.LOCK_TIMEOUT, faults.DEADLOCK):
                    raise
                reason = str(error).partition("\n")[0]
                self.stderr.write(f"{reason}: trying again in {pause:.0f} s")
            else:
                return
            time.sleep(pause)
        super().handle(*args, **options)


@contextmanager
def _exclusive(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Waits for other runs, and blocks others within the block."""
    with other_timeouts(database, Timeouts(0, 0, 0)), database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        # A lost connection has released the lock.
        if database.is_usable():
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Within the block, the garbage collector runs rarely.

    Django recreates model classes for every operation: this way, creating a database
    takes a fifth less time, for 40 MB.
    """
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
