"""Concurrent calls that start at the same moment, each on its own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Returns the results in order; raises an exception of any of the calls."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


_WAITING = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def until_one_waits() -> None:
    """Returns when another connection waits for a lock; the test's timeout ends it."""
    with connection.cursor() as cursor:
        while True:
            # Within a transaction the view would never change.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            if cursor.fetchone() != (0,):
                return


def in_a_thread(call: Callable[[], Any]) -> Future[Any]:
    """Returns or raises the call's result, run on its own connection."""

    def closing() -> Any:
        try:
            return call()
        finally:
            connection.close()

    threads = ThreadPoolExecutor(1)
    future = threads.submit(closing)
    threads.shutdown(wait=False)
    return future
