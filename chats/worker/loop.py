"""The worker process: sends outgoing messages and processes webhook events.

The main thread does all database work for outgoing messages and nothing that could
block it; many threads make the gateway calls and do not use the database. A few threads
of their own process incoming events. Any number of workers may run.

An error in one row is recorded on that row and in the background faults, and does not
affect other rows. The same holds for an error in one task.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep

from areas.rules.openings import extend_openings
from chats.accounts import alerts, health, pauses, templates
from chats.accounts.registry import GatewayRegistry
from chats.conversations import homes, undoing
from chats.delivery import attempts, conversions, results
from chats.delivery import queue as delivery_queue
from chats.delivery.queue import Job, Unreadable
from chats.delivery.results import AttemptResult
from chats.files.storage import sweep_orphans
from chats.gateways.base import Outcome
from chats.gateways.deadline_adapter import Timeouts
from chats.gateways.http import FILE
from chats.inbound import queue
from chats.inbox.words import index_waiting_words
from chats.rules import assignment, clocks, survey
from chats.worker import queues
from chats.worker.completions import Completion, Completions, nothing
from chats.worker.metrics import WorkerMetrics
from chats.worker.periodic_tasks import Tasks
from chats.worker.registered_jobs import registered
from chats.worker.side_jobs import SideJobs
from chats.worker.wakeup import PollWaiter
from hci_center.api import idempotency
from hci_center.background import faults
from hci_center.database.faults import describe, is_lost
from hci_center.logs.context import bound

logger = logging.getLogger(__name__)

# While a send takes longer than this, in seconds, no more is claimed of its account.
SLOW = 3.0
# How often orphaned files are searched for, in seconds.
SWEEP_EVERY = 3600.0
# How often the open spans of schedules are extended, and their time zones' rules
# applied anew; first this long after the start, because an upgrade restarts it.
EXTEND_EVERY, EXTEND_FIRST = 6 * 3600.0, 60.0
# The pause after an error in the loop or of the database connection, in seconds.
PAUSE_AFTER_FAULT = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """The concurrency limits and durations (in seconds) of a worker."""

    sends: int = 64
    # Sends of one account, so that a slow one leaves room for the others.
    each: int = 4
    partitions: int = 3
    fetches: int = 2
    # Processes that convert files; one of them takes no videos, which take long.
    conversions: int = 2
    # Threads for the tasks of the rules.
    rules: int = 2
    lease: float = 60.0
    doubt: float = results.DOUBT
    # With the rest of the shutdown, shorter than a supervisor's timeout (10 s).
    drain: float = 7.0
    # Divides the waits between attempts and the pauses; for tests.
    hurry: float = 1.0
    patience: Timeouts = FILE


class Worker:
    """Runs until it is stopped, then finishes the work in progress."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.drivers = GatewayRegistry(self.limits.patience)
        self._stopping = threading.Event()
        self._sleep = PollWaiter()
        self._senders = ThreadPoolExecutor(self.limits.sends, "send")
        # The claimed messages by id: the job, and when it was claimed.
        self._in_flight: dict[int, tuple[Job, float]] = {}
        self._completions = Completions()
        self._checking = 0
        self._tasks = Tasks()
        self._side = SideJobs(
            self.drivers,
            self._end,
            self.limits.partitions,
            self.limits.fetches,
            self.limits.conversions,
            self.limits.rules,
        )
        self._dues = self._tasks.dues
        self.metrics = WorkerMetrics(self._slots)
        # Not at once: a worker that restarts repeatedly would do nothing else.
        self._dues["orphans"] = monotonic() + SWEEP_EVERY / 4
        self._dues["openings"] = monotonic() + EXTEND_FIRST

    def stop(self) -> None:
        """Requests the end of `run`; may be called from a signal handler."""
        self._stopping.set()
        self._side.stop()
        self._sleep.wake()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.step()
                if not self._completions:
                    self._sleep.wait(busy=busy)
            except Exception as error:  # noqa: BLE001 - nothing ends the process
                self._recover(error)
        self._drain()

    def _recover(self, error: Exception) -> None:
        """Records an error of a round and reconnects to the database."""
        if is_lost(error):
            logger.warning("The database is unavailable: %s", describe(error))
        else:
            faults.record("worker", "round", error)
        self._sleep.disconnect()
        sleep(PAUSE_AFTER_FAULT)

    def step(self) -> bool:
        """Runs one round; returns whether there was anything to do."""
        busy = self._completions.write()
        self._periodic_tasks()
        # If the look fails, each queue is asked: one broken table stops no other.
        found = self._tasks.run("look", queues.waiting)
        waiting = queues.NAMES if found is None else found
        for name, task in (
            ("send", self._send),
            ("inbound", self._side.work_through),
            ("rules", self._side.run_rules),
            ("conversions", self._side.convert),
            ("media", self._side.fetch_media),
        ):
            if name in waiting:
                busy |= bool(self._tasks.run(name, task))
        busy |= bool(self._tasks.run("profiles", self._side.fetch_profiles, 1.0))
        if self._tasks.run("pictures", self._side.copy_pictures, 1.0):
            # There may be more, so this task is due again at once.
            busy, self._dues["pictures"] = True, 0.0
        return busy

    @property
    def is_under_way(self) -> bool:
        """Whether a message, an inbound event or a file is in progress."""
        return bool(self._in_flight) or self._side.is_under_way

    # Outgoing messages

    def _send(self) -> bool:
        room = self.limits.sends - len(self._in_flight) - self._checking
        if room <= 0:
            return False
        jobs = delivery_queue.claim(
            room, self.limits.each, self.limits.lease, self._taken()
        )
        now = monotonic()
        for job in jobs:
            if isinstance(job, Unreadable):
                self._refuse(job)
                continue
            if job.awaits_file:
                self._put_back(job)
                continue
            self._in_flight[job.message_id] = (job, now)
            self._senders.submit(self._attempt, job)
        return bool(jobs)

    def _refuse(self, row: Unreadable) -> None:
        subject = f"message {row.message_id}"
        faults.record("worker", "send", row.error, subject)
        write = partial(results.put_off_unreadable, row)
        self._completions.add(Completion("send", write, nothing, subject))

    def _put_back(self, job: Job) -> None:
        """Releases a job until its file has been converted."""
        write = partial(
            conversions.request,
            job.message_id,
            job.fence,
            in_flight=job.outcome_unknown,
        )
        self._completions.add(
            Completion("send", write, nothing, f"message {job.message_id}")
        )

    def _taken(self) -> Counter[tuple[int, str]]:
        taken: Counter[tuple[int, str]] = Counter()
        now = monotonic()
        for job, since in self._in_flight.values():
            slow = now - since > SLOW
            taken[job.ref.manager_id, job.ref.channel] += (
                self.limits.each if slow else 1
            )
        return taken

    def _attempt(self, job: Job) -> None:
        with job_in_log(job):
            self._attempt_bound(job)

    def _attempt_bound(self, job: Job) -> None:
        outcome: Outcome
        begun = monotonic()
        try:
            outcome = attempts.attempt(self.drivers, job)
        except Exception as error:  # noqa: BLE001
            # An error of ours: the message fails after a few attempts, others go on.
            self._report("send", error, f"message {job.message_id}")
            outcome = attempts.broken(job)
        ended = AttemptResult(job, outcome)
        took = monotonic() - begun
        self._end(
            Completion(
                "send",
                partial(self._settle, ended, took),
                lambda: self._forget(job),
                f"message {job.message_id}",
                partial(results.give_up, job),
            )
        )

    def _settle(self, ended: AttemptResult, took: float) -> None:
        with job_in_log(ended.job):
            results.settle(ended, self.limits.doubt, self.limits.hurry)
        _job, since = self._in_flight[ended.job.message_id]
        self.metrics.record(ended, took, ended.job.age + monotonic() - since)

    def _report(self, task: str, error: Exception, subject: str) -> None:
        """Records a fault in the main thread; sender threads have no connection."""
        record = partial(faults.record, "worker", task, error, subject)
        self._end(Completion("faults", record, nothing))

    def _forget(self, job: Job) -> None:
        self._in_flight.pop(job.message_id, None)

    def _end(self, completion: Completion) -> None:
        self._completions.add(completion)
        self._sleep.wake()

    def _slots(self) -> dict[str, tuple[int, int]]:
        """Returns how many of each kind of slot are in use, and how many there are."""
        sending = len(self._in_flight) + self._checking
        return {"send": (sending, self.limits.sends), **self._side.slots()}

    # Periodic tasks

    def _periodic_tasks(self) -> None:
        run = self._tasks.run
        run("lease", self._renew, self.limits.lease / 3)
        run("pauses", _update_pauses, 1.0)
        run("accounts", health.ensure_accounts, 5.0)
        run("template accounts", templates.ensure_fetches, templates.ENSURED_EVERY)
        run("templates", self._side.fetch_templates, templates.CLAIMED_EVERY)
        run("checks", lambda: self._check(), 1.0)
        run("alarms", alerts.watch, 1.0)
        run("expiry", results.expire, 30.0)
        run("queues", assignment.sweep, 60.0)
        run("homes", homes.watch_homes, 60.0)
        run("old changes", undoing.forget_old, 3600.0)
        run("clocks", clocks.notify, 1.0)
        run("surveys", survey.expire, 60.0)
        run("old events", queue.forget_old, 30.0)
        run("old answers", idempotency.forget_old, 60.0)
        run("old conversions", conversions.forget_sent, 30.0)
        run("old faults", faults.forget_old, 3600.0)
        run("uploads", self._side.upload, 1.0)
        aside = self._side.run_housekeeping
        run("orphans", partial(aside, "orphans", sweep_orphans), SWEEP_EVERY)
        run("openings", partial(aside, "openings", extend_openings), EXTEND_EVERY)
        index_words = partial(index_waiting_words, 1.0)
        run("words", partial(aside, "words", index_words), 1.0)
        for job in registered():
            run(job.name, partial(aside, job.name, job.call), job.every)

    def _renew(self) -> None:
        fences = {job.message_id: job.fence for job, _ in self._in_flight.values()}
        delivery_queue.renew(fences, self.limits.lease)

    def _check(self) -> None:
        # Uses a share of the threads only: gateways that hang must not block messages.
        room = self.limits.sends // 4 - self._checking
        for due in health.due_checks(room) if room > 0 else []:
            self._checking += 1
            self._senders.submit(self._check_one, due)

    def _check_one(self, due: health.Due) -> None:
        name, write = due.ref.account.name, nothing
        try:
            write = partial(health.store_check, health.check(self.drivers, due))
        except Exception as error:  # noqa: BLE001 - it is checked again when due
            self._report("checks", error, name)
        self._end(Completion("checks", write, self._check_ended, name))

    def _check_ended(self) -> None:
        self._checking -= 1

    def _drain(self) -> None:
        """Finishes the work in progress within the drain time.

        Messages still in progress then are left as after a crash; files and profiles
        are released for other workers.
        """
        deadline = monotonic() + self.limits.drain
        while self.is_under_way and monotonic() < deadline:
            try:
                self._completions.write()
                sleep(0.01)
            except Exception as error:  # noqa: BLE001 - nothing may prevent the exit
                self._recover(error)
        self._senders.shutdown(wait=False, cancel_futures=True)
        if self.is_under_way:
            logger.warning("Stopped with %d messages under way", len(self._in_flight))
            self._side.leave()
        else:
            self._side.close()
        self._sleep.disconnect()


def job_in_log(job: Job) -> AbstractContextManager[None]:
    """Within the block, the log lines name the message."""
    return bound(
        manager_id=job.ref.manager_id, chat_id=job.chat_id, message_id=job.message_id
    )


def _update_pauses() -> None:
    pauses.resume_mended()
    pauses.mark_waiting()
