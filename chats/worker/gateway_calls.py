"""The worker's gateway calls: sending messages and checking accounts.

The main thread claims rows and writes results; the threads make the calls and do not
use the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from time import monotonic

from chats.accounts import health
from chats.accounts.registry import GatewayRegistry
from chats.delivery import attempts, conversions, results
from chats.delivery import queue as delivery_queue
from chats.delivery.queue import Job, Unreadable
from chats.delivery.results import AttemptResult
from chats.gateways.base import Outcome
from chats.worker.completions import Completion, nothing
from chats.worker.limits import Limits
from chats.worker.metrics import WorkerMetrics
from hci_center.background import faults
from hci_center.logs.context import bound

# While a send takes longer than this, in seconds, its account gets no further sends.
SLOW = 3.0


class GatewayCalls:
    """Claims messages and checks, and makes their calls in threads.

    `end` takes the completion of each call, which the main thread writes, and wakes it.
    Methods must be called from the main thread, except those that run in the threads.
    """

    def __init__(
        self,
        limits: Limits,
        drivers: GatewayRegistry,
        end: Callable[[Completion], None],
        metrics: WorkerMetrics,
    ) -> None:
        self._limits, self._drivers = limits, drivers
        self._end, self._metrics = end, metrics
        self._threads = ThreadPoolExecutor(limits.sends, "send")
        # The claimed messages by id: the job, and the time at which it was claimed.
        self._in_flight: dict[int, tuple[Job, float]] = {}
        self.checking = 0

    @property
    def in_flight(self) -> int:
        """The number of messages in progress."""
        return len(self._in_flight)

    @property
    def busy(self) -> int:
        """The number of threads in use."""
        return len(self._in_flight) + self.checking

    def shutdown(self) -> None:
        """Ends the threads after their current calls, without waiting for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # Messages

    def send(self) -> bool:
        """Claims as many messages as there are free threads; returns whether any."""
        room = self._limits.sends - self.busy
        if room <= 0:
            return False
        jobs = delivery_queue.claim(
            room, self._limits.each, self._limits.lease, self._taken()
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
            self._threads.submit(self._attempt, job)
        return bool(jobs)

    def _refuse(self, row: Unreadable) -> None:
        subject = f"message {row.message_id}"
        faults.record("worker", "send", row.error, subject)
        write = partial(results.put_off_unreadable, row)
        self._end(Completion("send", write, nothing, subject))

    def _put_back(self, job: Job) -> None:
        """Releases a job until its file has been converted."""
        write = partial(
            conversions.request,
            job.message_id,
            job.fence,
            in_flight=job.outcome_unknown,
        )
        self._end(Completion("send", write, nothing, f"message {job.message_id}"))

    def _taken(self) -> Counter[tuple[int, str]]:
        taken: Counter[tuple[int, str]] = Counter()
        now = monotonic()
        for job, since in self._in_flight.values():
            slow = now - since > SLOW
            taken[job.ref.manager_id, job.ref.channel] += (
                self._limits.each if slow else 1
            )
        return taken

    def _attempt(self, job: Job) -> None:
        with job_in_log(job):
            self._attempt_bound(job)

    def _attempt_bound(self, job: Job) -> None:
        outcome: Outcome
        begun = monotonic()
        try:
            outcome = attempts.attempt(self._drivers, job)
        except Exception as error:  # noqa: BLE001
            # An internal error: only this message fails, after a few attempts.
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
            results.settle(ended, self._limits.doubt, self._limits.hurry)
        _job, since = self._in_flight[ended.job.message_id]
        self._metrics.record(ended, took, ended.job.age + monotonic() - since)

    def _report(self, task: str, error: Exception, subject: str) -> None:
        """Records a fault, in the main thread: the threads do not use the database."""
        record = partial(faults.record, "worker", task, error, subject)
        self._end(Completion("faults", record, nothing))

    def _forget(self, job: Job) -> None:
        self._in_flight.pop(job.message_id, None)

    def renew(self) -> None:
        """Renews the leases of the messages in progress."""
        fences = {job.message_id: job.fence for job, _ in self._in_flight.values()}
        delivery_queue.renew(fences, self._limits.lease)

    # Accounts

    def check(self) -> None:
        """Starts due checks of accounts, in up to a quarter of the threads.

        The others remain free for messages if gateways hang.
        """
        room = self._limits.sends // 4 - self.checking
        for due in health.due_checks(room) if room > 0 else []:
            self.checking += 1
            self._threads.submit(self._check_one, due)

    def _check_one(self, due: health.Due) -> None:
        name, write = due.ref.account.name, nothing
        try:
            write = partial(health.store_check, health.check(self._drivers, due))
        except Exception as error:  # noqa: BLE001 - checked again when due
            self._report("checks", error, name)
        self._end(Completion("checks", write, self._check_ended, name))

    def _check_ended(self) -> None:
        self.checking -= 1


def job_in_log(job: Job) -> AbstractContextManager[None]:
    """Adds the ids of the message to all log lines within the block."""
    return bound(
        manager_id=job.ref.manager_id, chat_id=job.chat_id, message_id=job.message_id
    )
