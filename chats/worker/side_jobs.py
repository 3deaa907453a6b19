"""The worker's threads that use the database.

They process inbound events, conversions, files, profiles and pictures.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from chats.accounts import templates
from chats.accounts.registry import GatewayRegistry
from chats.delivery import conversions
from chats.files import picture_copies
from chats.files.uploads import Uploader
from chats.inbound import batches, media_download, profile_download, queue
from chats.rules import tasks
from chats.worker.completions import Completion, nothing
from chats.worker.handlers import HANDLERS
from chats.worker.registered_jobs import registered
from hci_center.background import faults
from hci_center.database.faults import describe, fault_of

logger = logging.getLogger(__name__)

# How many pictures are claimed at once: most of an earlier version are only inspected.
PICTURES = 20


class ThreadCount:
    """How many threads do something; any thread may change it."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, change: int) -> None:
        with self._lock:
            self.count += change


class SideJobs:
    """Runs jobs in a limited number of threads.

    `end` receives what the main thread has to do after each job. All methods are for
    the main thread, except those that run in the threads.
    """

    def __init__(
        self,
        drivers: GatewayRegistry,
        end: Callable[[Completion], None],
        partitions: int,
        fetches: int,
        conversions: int,
        rules: int,
    ) -> None:
        self._drivers, self._end = drivers, end
        self.rules = rules
        self.partitions, self.fetches, self.conversions = (
            partitions,
            fetches,
            conversions,
        )
        self._stopping = threading.Event()
        # One more thread uploads files to the bucket, one does the housekeeping, and one
        # fetches templates: it must hold up neither.
        count = partitions + fetches + conversions + rules + 3 + len(registered())
        self._connections: list[BaseDatabaseWrapper] = []
        self._threads = ThreadPoolExecutor(
            count, "side", initializer=self._remember_connection
        )
        self._working, self._fetching = 0, 0
        self._ruling = ThreadCount()
        # The names of the housekeeping jobs that are running.
        self._housekeeping: set[str] = set()
        self._converting, self._videos = 0, 0
        self._uploader = Uploader()
        # Functions that release the claimed rows.
        self._releases: set[Callable[[], None]] = set()

    @property
    def is_under_way(self) -> bool:
        jobs = self._working + self._fetching + self._converting
        return bool(jobs or self._ruling.count or self._housekeeping)

    def slots(self) -> dict[str, tuple[int, int]]:
        """Returns how many threads of each kind work, and how many may."""
        return {
            "inbound": (self._working, self.partitions),
            "rules": (self._ruling.count, self.rules),
            "conversions": (self._converting, self.conversions),
            "fetches": (self._fetching, self.fetches),
        }

    def stop(self) -> None:
        """Stops after the current events and aborts conversions.

        May be called from any thread or a signal handler.
        """
        self._stopping.set()
        for job in registered():
            job.stop()

    # Inbound events

    def work_through(self) -> bool:
        """Starts to process as many partitions of events as there is room for.

        Returns whether there were any.
        """
        room = self.partitions - self._working
        if room <= 0:
            return False
        taken = queue.claim(room, each=batches.AT_ONCE)
        for events in taken:
            self._working += 1
            self._threads.submit(self._partition, events)
        return bool(taken)

    def _partition(self, events: list[queue.ClaimedEvent]) -> None:
        """Processes these events and those that follow them in their partition."""
        lane = events[0].source, events[0].lane
        try:
            while events:
                batches.process(events, self._stopping.is_set)
                # Few events are all there were: later ones are found by the next look.
                is_full = len(events) == batches.AT_ONCE
                more = is_full and not self._stopping.is_set()
                events = next(iter(_claim_more(lane) if more else []), [])
        except Exception as error:  # noqa: BLE001 - claimed again after its lease
            _report("inbound", error, f"event {events[0].id}")
        finally:
            self._end(Completion("inbound", nothing, self._partition_ended))
            close_old_connections()

    def _partition_ended(self) -> None:
        self._working -= 1

    # Tasks of the rules

    def run_rules(self) -> bool:
        """Starts as many threads for tasks of the rules as there is work and room for.

        Returns whether there was any, or all threads are at work.
        """
        room = self.rules - self._ruling.count
        if room <= 0:
            return True
        leased = tasks.lease(room)
        for task in leased:
            self._ruling.add(1)
            self._threads.submit(self._rule, task)
        return bool(leased)

    def _rule(self, task: tasks.LeasedTask) -> None:
        """Runs this task and then what else is due, so that no round is waited for."""
        due = [task]
        try:
            while due:
                task = due[0]
                tasks.run(task, HANDLERS)
                due = [] if self._stopping.is_set() else tasks.lease(1)
        except Exception as error:  # noqa: BLE001 - leased again after its lease
            _report("rules", error, f"task {task.id}")
        finally:
            close_old_connections()
            # The main thread is not woken: nothing was due a moment ago.
            self._ruling.add(-1)

    # Conversions

    def convert(self) -> bool:
        """Starts to convert as many files as there is room for."""
        room = self.conversions - self._converting
        if room <= 0:
            return False
        claimed = conversions.claim(room, self.conversions - 1 - self._videos)
        for one in claimed:
            self._converting += 1
            self._videos += one.is_video
            job = partial(conversions.make, one, self._stopping.is_set)
            subject = f"message {one.message_id}"
            ended = partial(self._conversion_ended, one)
            self._threads.submit(self._run, "conversions", subject, job, ended)
        return bool(claimed)

    def _conversion_ended(self, claimed: conversions.ClaimedConversion) -> None:
        self._converting -= 1
        self._videos -= claimed.is_video

    # Files and profiles

    def fetch_media(self) -> bool:
        """Starts to download as many files as there is room for."""
        room = self.fetches - self._fetching
        claimed = media_download.claim(room) if room > 0 else []
        for one in claimed:
            fetch = partial(media_download.fetch, self._drivers, one)
            self.run_aside(fetch, partial(media_download.release, [one.message_id]))
        return bool(claimed)

    def fetch_profiles(self) -> bool:
        """Starts as many profile lookups as the downloads of files leave room for."""
        room = self.fetches - self._fetching
        lookups = profile_download.claim(room) if room > 0 else []
        for one in lookups:
            fetch = partial(profile_download.fetch, self._drivers, one)
            self.run_aside(fetch, partial(profile_download.release, [one.contact_id]))
        return bool(lookups)

    def fetch_templates(self) -> None:
        """Starts to fetch the templates of accounts that are due, in one thread."""
        if "templates" in self._housekeeping:
            return
        claimed = templates.claim()
        if claimed is not None:
            job = partial(
                templates.fetch_due, self._drivers, claimed, self._stopping.is_set
            )
            self.run_housekeeping("templates", job)

    def upload(self) -> None:
        """Starts a round of uploads to the bucket if one is due."""
        if self._uploader.begin():
            job, ended = self._uploader.run, self._uploader.end
            self._threads.submit(self._run, "uploads", "", job, ended)

    def copy_pictures(self) -> bool:
        """Starts to copy some pictures, in one thread.

        Only if nothing is being downloaded, because copying may take long.
        """
        claimed = [] if self._fetching else picture_copies.claim(PICTURES)
        if claimed:
            make = partial(picture_copies.make_each, claimed, self._stopping.is_set)
            ids = [one.attachment_id for one in claimed]
            self.run_aside(make, partial(picture_copies.release, ids))
        return bool(claimed)

    def run_aside(
        self, job: Callable[[], object], release: Callable[[], None] | None = None
    ) -> None:
        """Runs the job in a thread.

        `release` releases its row if the worker ends first.
        """
        self._fetching += 1
        if release is not None:
            self._releases.add(release)
        ended = partial(self._job_ended, release)
        self._threads.submit(self._run, "fetch", "", job, ended)

    def run_housekeeping(self, name: str, job: Callable[[], object]) -> None:
        """Runs a job that may take long in a thread, unless it is running already.

        It takes no room of downloads.
        """
        if name not in self._housekeeping:
            self._housekeeping.add(name)
            self._threads.submit(self._housekeep, name, job)

    def _housekeep(self, name: str, job: Callable[[], object]) -> None:
        """Runs the job; the main thread is not woken, as it has nothing to do then."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 - done again when it is due
            _report(name, error)
        finally:
            close_old_connections()
            self._housekeeping.discard(name)

    def _run(
        self,
        task: str,
        subject: str,
        job: Callable[[], object],
        ended: Callable[[], None],
    ) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - claimed again after its lease
            _report(task, error, subject)
        finally:
            self._end(Completion(task, nothing, ended))
            close_old_connections()

    def _job_ended(self, release: Callable[[], None] | None) -> None:
        self._fetching -= 1
        if release is not None:
            self._releases.discard(release)

    # Shutdown

    def leave(self) -> None:
        """Shuts down without waiting and releases the rows of files and profiles."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for release in tuple(self._releases):
            try:
                release()
            except Exception as error:  # noqa: BLE001 - then their leases expire
                logger.warning("Claims could not be released: %s", describe(error))
                return

    def close(self) -> None:
        """Ends the threads after their jobs and closes their database connections."""
        self._threads.shutdown()
        for wrapper in self._connections:
            # Its thread has ended.
            wrapper.inc_thread_sharing()
            wrapper.close()

    def _remember_connection(self) -> None:
        """Keeps a new thread's connection, to be closed when the thread has ended."""
        self._connections.append(connections[DEFAULT_DB_ALIAS])


def _claim_more(lane: tuple[str, str]) -> list[list[queue.ClaimedEvent]]:
    return queue.claim(1, lane, batches.AT_ONCE)


def _report(task: str, error: Exception, subject: str = "") -> None:
    """Logs a database error, which may be temporary; records any other as a fault."""
    if fault_of(error) is not None:
        logger.warning("%s %s: %s", task, subject, describe(error))
    else:
        faults.record("worker", task, error, subject)
