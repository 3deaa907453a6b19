"""The worker's threads that use the database: inbound events, conversions, files,
profiles and pictures."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import close_old_connections, connection

from chats.accounts.registry import GatewayRegistry
from chats.delivery import conversions
from chats.files import picture_copies
from chats.files.uploads import Uploader
from chats.inbound import media_download, profile_download, queue
from chats.worker.completions import Completion, nothing
from hci_center.background import faults
from hci_center.database.faults import DEADLOCK, LOCK_TIMEOUT, describe, fault_of

logger = logging.getLogger(__name__)

# How often a piece that met a deadlock is worked through at once.
TRIES_AT_ONCE = 3
# Most pictures of an earlier version need only be looked at.
PICTURES = 20
# How long threads that are done may take to close their connections.
CLOSE_SECONDS = 1.0


class SideJobs:
    """Runs them, so many at a time. `end` takes what the main thread is to do after
    each; all methods but those of the threads are the main thread's."""

    def __init__(
        self,
        drivers: GatewayRegistry,
        end: Callable[[Completion], None],
        lanes: int,
        fetches: int,
        conversions: int,
    ) -> None:
        self._drivers, self._end = drivers, end
        self.lanes, self.fetches, self.conversions = lanes, fetches, conversions
        self._stopping = threading.Event()
        # One more carries files into the bucket.
        self._count = lanes + fetches + conversions + 1
        self._threads = ThreadPoolExecutor(self._count, "side")
        self._working, self._fetching = 0, 0
        self._converting, self._films = 0, 0
        self._uploader = Uploader()
        # What gives back the rows that are in our hands.
        self._releases: set[Callable[[], None]] = set()

    @property
    def is_under_way(self) -> bool:
        return bool(self._working or self._fetching or self._converting)

    def stop(self) -> None:
        """No lane goes on to its next piece, and conversions are broken off. From any thread, or a signal's handler."""
        self._stopping.set()

    # Inbound events -----------------------------------------------------------

    def work_through(self) -> bool:
        """Begins with the first pieces of as many lanes as there is room for."""
        room = self.lanes - self._working
        if room <= 0:
            return False
        taken = queue.claim(room)
        for piece in taken:
            self._working += 1
            self._threads.submit(self._lane, piece)
        return bool(taken)

    def _lane(self, piece: queue.ClaimedEvent) -> None:
        """This piece and those behind it, as long as there are any."""
        try:
            pieces = [piece]
            while pieces and not self._stopping.is_set():
                _work_through(pieces[0])
                pieces = queue.claim(1, (piece.source, piece.lane))
        except Exception as error:  # noqa: BLE001 - it is taken again after its lease
            _report("inbound", error, f"event {piece.id}")
        finally:
            self._end(Completion("inbound", nothing, self._lane_ended))
            close_old_connections()

    def _lane_ended(self) -> None:
        self._working -= 1

    # Conversions ----------------------------------------------------------------

    def convert(self) -> bool:
        """Begins to convert as many files as there is room for."""
        room = self.conversions - self._converting
        if room <= 0:
            return False
        wanted = conversions.claim(room, self.conversions - 1 - self._films)
        for one in wanted:
            self._converting += 1
            self._films += one.is_film
            job = partial(conversions.make, one, self._stopping.is_set)
            subject = f"message {one.message_id}"
            ended = partial(self._conversion_ended, one)
            self._threads.submit(self._run, "conversions", subject, job, ended)
        return bool(wanted)

    def _conversion_ended(self, wanted: conversions.ClaimedConversion) -> None:
        self._converting -= 1
        self._films -= wanted.is_film

    # Files and profiles -------------------------------------------------------

    def fetch_media(self) -> bool:
        """Begins to fetch as many files as there is room for."""
        room = self.fetches - self._fetching
        wanted = media_download.claim(room) if room > 0 else []
        for one in wanted:
            fetch = partial(media_download.fetch, self._drivers, one)
            self.run_aside(fetch, partial(media_download.release, [one.message_id]))
        return bool(wanted)

    def fetch_profiles(self) -> bool:
        """Begins to ask for as many persons as the files leave room for."""
        room = self.fetches - self._fetching
        asked = profile_download.claim(room) if room > 0 else []
        for one in asked:
            fetch = partial(profile_download.fetch, self._drivers, one)
            self.run_aside(fetch, partial(profile_download.release, [one.contact_id]))
        return bool(asked)

    def upload(self) -> None:
        """Begins a round of carrying files into the bucket, where one is due."""
        if self._uploader.begin():
            job, ended = self._uploader.run, self._uploader.end
            self._threads.submit(self._run, "uploads", "", job, ended)

    def copy_pictures(self) -> bool:
        """Begins with some pictures, in one thread and where nothing is being fetched:
        they may take long."""
        wanted = [] if self._fetching else picture_copies.claim(PICTURES)
        if wanted:
            make = partial(picture_copies.make_each, wanted, self._stopping.is_set)
            ids = [one.attachment_id for one in wanted]
            self.run_aside(make, partial(picture_copies.release, ids))
        return bool(wanted)

    def run_aside(
        self, job: Callable[[], object], release: Callable[[], None] | None = None
    ) -> None:
        """Runs the job in a thread. `release` gives its row back should we end first."""
        self._fetching += 1
        if release is not None:
            self._releases.add(release)
        ended = partial(self._job_ended, release)
        self._threads.submit(self._run, "fetch", "", job, ended)

    def _run(
        self,
        task: str,
        subject: str,
        job: Callable[[], object],
        ended: Callable[[], None],
    ) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - it is taken again after its lease
            _report(task, error, subject)
        finally:
            self._end(Completion(task, nothing, ended))
            close_old_connections()

    def _job_ended(self, release: Callable[[], None] | None) -> None:
        self._fetching -= 1
        if release is not None:
            self._releases.discard(release)

    # The end ------------------------------------------------------------------

    def leave(self) -> None:
        """Waits for nothing; gives back the rows of files and profiles."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for release in tuple(self._releases):
            try:
                release()
            except Exception as error:  # noqa: BLE001 - then their leases run out
                logger.warning("Not given back: %s", describe(error))
                return

    def close(self) -> None:
        """Ends the threads, which have nothing to do, and their connections."""
        all_here = threading.Barrier(self._count)

        def close() -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                all_here.wait(CLOSE_SECONDS)
            connection.close()

        for _ in range(self._count):
            self._threads.submit(close)
        self._threads.shutdown()


def _work_through(piece: queue.ClaimedEvent) -> None:
    """Also when others hold what it needs: deadlocks pass."""
    for tries in range(1, TRIES_AT_ONCE + 1):
        try:
            queue.process(piece)
            return
        except Exception as error:
            passes = fault_of(error) in (DEADLOCK, LOCK_TIMEOUT)
            if not passes or tries == TRIES_AT_ONCE:
                raise


def _report(task: str, error: Exception, subject: str = "") -> None:
    """A fault of the database may pass, and is logged; one of ours is an alarm."""
    if fault_of(error) is not None:
        logger.warning("%s %s: %s", task, subject, describe(error))
    else:
        faults.record("worker", task, error, subject)
