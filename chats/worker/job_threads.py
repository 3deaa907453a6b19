"""Threads for the worker's jobs that use the database, each with its own connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import (
    DEFAULT_DB_ALIAS,
    close_old_connections,
    connection,
    connections,
)
from django.db.backends.base.base import BaseDatabaseWrapper

from chats.worker.completions import Completion, nothing
from hci_center.background import faults
from hci_center.database.faults import describe, fault_of, is_lost

logger = logging.getLogger(__name__)

# Housekeeping jobs with at least this interval, in seconds, close their connection.
SELDOM = 60.0


class JobThreads:
    """Runs jobs in one thread pool per kind; `sizes` has the maximum threads of each.

    PostgreSQL sessions cache the plans of prepared statements, so sessions that run
    fewer different statements use less memory and plan less often. `end` takes the
    completion of each job, for the main thread. Methods must be called from the main
    thread, except those that run in the threads.
    """

    def __init__(
        self, sizes: Mapping[str, int], end: Callable[[Completion], None]
    ) -> None:
        self._end = end
        self._connections: list[BaseDatabaseWrapper] = []
        self._pools = {kind: self._pool(kind, size) for kind, size in sizes.items()}
        # The number of jobs of `run_aside` in progress.
        self.aside = 0
        # The names of the housekeeping jobs that are running.
        self.housekeeping: set[str] = set()
        # Functions that release claimed rows.
        self._releases: set[Callable[[], None]] = set()

    def submit(self, kind: str, job: Callable[..., None], *values: object) -> None:
        """Runs a job that reports its own errors and completion."""
        self._pools[kind].submit(job, *values)

    def run(
        self,
        kind: str,
        subject: str,
        job: Callable[[], object],
        ended: Callable[[], None],
        release: Callable[[], None] = nothing,
    ) -> None:
        """Runs the job in a thread, then `ended` in the main thread.

        `release` releases the job's row; it is called if the connection is lost.
        """
        self._pools[kind].submit(self._run, kind, subject, job, ended, release)

    def run_aside(
        self, job: Callable[[], object], release: Callable[[], None] | None = None
    ) -> None:
        """Runs a download or another job of the "fetches" threads.

        `release` releases the job's row; it is called if the worker stops before the
        job has ended, or if the connection is lost.
        """
        self.aside += 1
        if release is not None:
            self._releases.add(release)
        ended = partial(self._job_ended, release)
        self.run("fetches", "", job, ended, release or nothing)

    def run_housekeeping(
        self, name: str, job: Callable[[], object], every: float
    ) -> None:
        """Runs a job that may take long in its own thread, unless it is still running.

        `every` is its interval in seconds.
        """
        if name in self.housekeeping:
            return
        self.housekeeping.add(name)
        if name not in self._pools:
            self._pools[name] = self._pool(name, 1)
        self._pools[name].submit(self._housekeep, name, job, every)

    def _housekeep(self, name: str, job: Callable[[], object], every: float) -> None:
        """Runs the job, without waking the main thread afterwards."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 - runs again when due
            report(name, error)
        finally:
            if every >= SELDOM:
                connection.close()
            else:
                close_old_connections()
            self.housekeeping.discard(name)

    def _pool(self, kind: str, size: int) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(size, kind, initializer=self._remember_connection)

    def _run(
        self,
        task: str,
        subject: str,
        job: Callable[[], object],
        ended: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        write = nothing
        try:
            job()
        except Exception as error:  # noqa: BLE001 - claimed again after its lease
            report(task, error, subject)
            if is_lost(error):
                write = release
        finally:
            self._end(Completion(task, write, ended))
            close_old_connections()

    def _job_ended(self, release: Callable[[], None] | None) -> None:
        self.aside -= 1
        if release is not None:
            self._releases.discard(release)

    # Shutdown

    def leave(self) -> None:
        """Shuts down without waiting, and releases claimed rows of running jobs."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        for release in tuple(self._releases):
            try:
                release()
            except Exception as error:  # noqa: BLE001 - their leases will expire
                logger.warning("Claims could not be released: %s", describe(error))
                return

    def close(self) -> None:
        """Ends the threads after their jobs, and closes their database connections."""
        for pool in self._pools.values():
            pool.shutdown()
        for wrapper in self._connections:
            # Allowed, because the thread of the connection has ended.
            wrapper.inc_thread_sharing()
            wrapper.close()

    def _remember_connection(self) -> None:
        """Stores a new thread's connection, to close it when the thread has ended."""
        self._connections.append(connections[DEFAULT_DB_ALIAS])


def report(task: str, error: Exception, subject: str = "") -> None:
    """Logs a temporary database error; records any other error as a fault."""
    if fault_of(error) is not None:
        logger.warning("%s %s: %s", task, subject, describe(error))
    else:
        faults.record("worker", task, error, subject)
