"""The worker's jobs in threads that use the database.

They process inbound events, rule tasks, conversions, files, profiles and pictures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from django.db import close_old_connections

from chats.accounts import templates
from chats.accounts.registry import GatewayRegistry
from chats.delivery import conversions
from chats.files import picture_copies
from chats.files.uploads import Uploader
from chats.inbound import batches, media_download, profile_download, queue
from chats.rules import tasks
from chats.worker.completions import Completion, nothing
from chats.worker.handlers import HANDLERS
from chats.worker.job_threads import JobThreads, report
from chats.worker.registered_jobs import registered
from hci_center.database.faults import is_lost

# How many pictures are claimed at once: most of earlier versions are only inspected.
PICTURES = 20


class ThreadCount:
    """A counter of threads that any thread may change."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, change: int) -> None:
        with self._lock:
            self.count += change


class SideJobs:
    """Claims and runs jobs in a limited number of threads.

    `end` takes the completion of each job, for the main thread. Methods must be called
    from the main thread, except those that run in the threads.
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
        sizes = {
            "inbound": partitions,
            "rules": rules,
            "conversions": conversions,
            "fetches": fetches,
            # To the object storage bucket.
            "uploads": 1,
        }
        self.threads = JobThreads(sizes, end)
        self._working = 0
        self._rule_threads = ThreadCount()
        self._converting, self._videos = 0, 0
        self._uploader = Uploader()

    @property
    def is_under_way(self) -> bool:
        jobs = self._working + self.threads.aside + self._converting
        return bool(jobs or self._rule_threads.count or self.threads.housekeeping)

    def slots(self) -> dict[str, tuple[int, int]]:
        """Returns the busy and total number of threads of each kind."""
        return {
            "inbound": (self._working, self.partitions),
            "rules": (self._rule_threads.count, self.rules),
            "conversions": (self._converting, self.conversions),
            "fetches": (self.threads.aside, self.fetches),
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
        """Starts to process as many partitions of events as there are free threads.

        Returns whether there were any.
        """
        room = self.partitions - self._working
        if room <= 0:
            return False
        taken = queue.claim(room, each=batches.AT_ONCE)
        for events in taken:
            self._working += 1
            self.threads.submit("inbound", self._partition, events)
        return bool(taken)

    def _partition(self, events: list[queue.ClaimedEvent]) -> None:
        """Processes these events, then later events of their partition."""
        lane = events[0].source, events[0].lane
        write = nothing
        try:
            while events:
                batches.process(events, self._stopping.is_set)
                # An incomplete batch is the last; the next round finds later events.
                is_full = len(events) == batches.AT_ONCE
                more = is_full and not self._stopping.is_set()
                events = next(iter(_claim_more(lane) if more else []), [])
        except Exception as error:  # noqa: BLE001 - claimed again after its lease
            report("inbound", error, f"event {events[0].id}")
            if is_lost(error):
                write = partial(batches.give_back, events)
        finally:
            self._end(Completion("inbound", write, self._partition_ended))
            close_old_connections()

    def _partition_ended(self) -> None:
        self._working -= 1

    # Rule tasks

    def run_rules(self) -> bool:
        """Starts a thread for each due rule task, as far as threads are free.

        Returns whether there were any tasks, or all threads are busy.
        """
        room = self.rules - self._rule_threads.count
        if room <= 0:
            return True
        leased = tasks.lease(room)
        for task in leased:
            self._rule_threads.add(1)
            self.threads.submit("rules", self._run_tasks, task)
        return bool(leased)

    def _run_tasks(self, task: tasks.LeasedTask) -> None:
        """Runs this task, then other due ones without waiting for the next round."""
        due = [task]
        try:
            while due:
                task = due[0]
                tasks.run(task, HANDLERS)
                due = [] if self._stopping.is_set() else tasks.lease(1)
        except Exception as error:  # noqa: BLE001 - leased again after its lease
            report("rules", error, f"task {task.id}")
            if is_lost(error):
                write = partial(tasks.give_back, task)
                self._end(Completion("rules", write, nothing))
        finally:
            close_old_connections()
            # The main thread is not woken, because no task was due a moment ago.
            self._rule_threads.add(-1)

    # Conversions

    def convert(self) -> bool:
        """Starts to convert as many files as there are free threads."""
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
            release = partial(conversions.put_off, one, 0)
            self.threads.run("conversions", subject, job, ended, release)
        return bool(claimed)

    def _conversion_ended(self, claimed: conversions.ClaimedConversion) -> None:
        self._converting -= 1
        self._videos -= claimed.is_video

    # Files and profiles

    def fetch_media(self) -> bool:
        """Starts to download as many files as there are free threads."""
        room = self.fetches - self.threads.aside
        claimed = media_download.claim(room) if room > 0 else []
        for one in claimed:
            fetch = partial(media_download.fetch, self._drivers, one)
            self.threads.run_aside(
                fetch, partial(media_download.release, [one.message_id])
            )
        return bool(claimed)

    def fetch_profiles(self) -> bool:
        """Starts as many profile lookups as there are free threads."""
        room = self.fetches - self.threads.aside
        lookups = profile_download.claim(room) if room > 0 else []
        for one in lookups:
            fetch = partial(profile_download.fetch, self._drivers, one)
            self.threads.run_aside(
                fetch, partial(profile_download.release, [one.contact_id])
            )
        return bool(lookups)

    def fetch_templates(self) -> None:
        """Starts to fetch the templates of due accounts, in a single thread."""
        if "templates" in self.threads.housekeeping:
            return
        claimed = templates.claim()
        if claimed is not None:
            job = partial(
                templates.fetch_due, self._drivers, claimed, self._stopping.is_set
            )
            every = templates.CLAIMED_EVERY
            self.threads.run_housekeeping("templates", job, every)

    def upload(self) -> None:
        """Starts to upload files to the bucket if uploads are due."""
        if self._uploader.begin():
            job, ended = self._uploader.run, self._uploader.end
            self.threads.run("uploads", "", job, ended)

    def copy_pictures(self) -> bool:
        """Starts to copy some pictures, in a single thread.

        Only if there are no downloads in progress, because copying may take long.
        """
        claimed = [] if self.threads.aside else picture_copies.claim(PICTURES)
        if claimed:
            make = partial(picture_copies.make_each, claimed, self._stopping.is_set)
            ids = [one.attachment_id for one in claimed]
            self.threads.run_aside(make, partial(picture_copies.release, ids))
        return bool(claimed)


def _claim_more(lane: tuple[str, str]) -> list[list[queue.ClaimedEvent]]:
    return queue.claim(1, lane, batches.AT_ONCE)
