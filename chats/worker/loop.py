"""The worker process: sends outgoing messages and processes webhook events.

The main thread does all database work for outgoing messages and nothing that could
block it; many threads make the gateway calls and do not use the database. Separate
threads process incoming events. Any number of workers may run.

An error in one row is recorded on that row and in the background faults, and does not
affect other rows. The same holds for an error in one task.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from areas.rules.openings import extend_openings
from areas.sign_in.login_sessions import delete_expired
from chats.accounts import alerts, health, pauses, templates
from chats.accounts.registry import GatewayRegistry
from chats.conversations import homes, undoing
from chats.delivery import conversions, results
from chats.files.storage import sweep_orphans
from chats.inbound import queue
from chats.inbox.words import index_waiting_words
from chats.rules import assignment, clocks, survey
from chats.worker import queues
from chats.worker.completions import Completion, Completions
from chats.worker.gateway_calls import GatewayCalls
from chats.worker.limits import Limits
from chats.worker.metrics import WorkerMetrics
from chats.worker.periodic_tasks import Tasks
from chats.worker.registered_jobs import registered
from chats.worker.side_jobs import SideJobs
from chats.worker.wakeup import PollWaiter
from hci_center.api import idempotency
from hci_center.background import faults
from hci_center.database.faults import describe, is_lost
from hci_center.database.outage_lines import outage_lines

logger = logging.getLogger(__name__)

# How often orphaned files are searched for, in seconds.
SWEEP_EVERY = 3600.0
# How often the open spans of schedules are extended, and recomputed with current time
# zone data, in seconds; and how soon after the start, because upgrades restart workers.
EXTEND_EVERY, EXTEND_FIRST = 6 * 3600.0, 60.0
# How often expired login sessions are deleted, in seconds.
DELETE_SESSIONS_EVERY = 600.0
# The pause after an error in a round or a lost database connection, in seconds.
PAUSE_AFTER_FAULT = 0.2

# The name of a periodic task, its function, and its interval in seconds.
PeriodicTask = tuple[str, Callable[[], object], float]


class Worker:
    """Runs until it is stopped, then finishes the work in progress."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.drivers = GatewayRegistry(self.limits.patience)
        self._stopping = threading.Event()
        self._sleep = PollWaiter()
        self._completions = Completions()
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
        self._calls = GatewayCalls(self.limits, self.drivers, self._end, self.metrics)
        self._housekeeping = self._jobs_aside()
        # Not at once: a worker that restarts repeatedly would do little else.
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
            except Exception as error:  # noqa: BLE001 - must not end the process
                self._recover(error)
        self._drain()

    def _recover(self, error: Exception) -> None:
        """Records an error of a round and closes the connection, to open a new one."""
        if is_lost(error):
            logger.log(
                outage_lines.level, "The database is unavailable: %s", describe(error)
            )
        else:
            faults.record("worker", "round", error)
        self._sleep.disconnect()
        sleep(PAUSE_AFTER_FAULT)

    def step(self) -> bool:
        """Runs one round; returns whether there was anything to do."""
        busy = self._completions.write()
        self._periodic_tasks()
        # If this query fails, all queues are claimed from: one broken table must not
        # block the others.
        found = self._tasks.run("look", queues.waiting)
        waiting = queues.NAMES if found is None else found
        for name, task in (
            ("send", self._calls.send),
            ("inbound", self._side.work_through),
            ("rules", self._side.run_rules),
            ("conversions", self._side.convert),
            ("media", self._side.fetch_media),
        ):
            if name in waiting:
                busy |= bool(self._tasks.run(name, task))
        busy |= bool(self._tasks.run("profiles", self._side.fetch_profiles, 1.0))
        if self._tasks.run("pictures", self._side.copy_pictures, 1.0):
            # There may be more pictures, so this task is due again at once.
            busy, self._dues["pictures"] = True, 0.0
        return busy

    @property
    def is_under_way(self) -> bool:
        """Whether any message or job is in progress."""
        return bool(self._calls.in_flight) or self._side.is_under_way

    def _end(self, completion: Completion) -> None:
        self._completions.add(completion)
        self._sleep.wake()

    def _slots(self) -> dict[str, tuple[int, int]]:
        """Returns the used and total number of slots of each kind."""
        return {"send": (self._calls.busy, self.limits.sends), **self._side.slots()}

    # Periodic tasks

    def _periodic_tasks(self) -> None:
        now = monotonic()
        for name, call, every in (*self._short_tasks(), *self._housekeeping):
            if self._dues.get(name, 0.0) <= now:
                self._tasks.run(name, call, every)

    def _short_tasks(self) -> tuple[PeriodicTask, ...]:
        return (
            ("lease", self._calls.renew, self.limits.lease / 3),
            ("pauses", _update_pauses, 1.0),
            ("accounts", health.ensure_accounts, 5.0),
            ("template accounts", templates.ensure_fetches, templates.ENSURED_EVERY),
            ("templates", self._side.fetch_templates, templates.CLAIMED_EVERY),
            ("checks", self._calls.check, 1.0),
            ("alarms", alerts.watch, 1.0),
            ("expiry", results.expire, 30.0),
            ("queues", assignment.sweep, 60.0),
            ("homes", homes.watch_homes, 60.0),
            ("old changes", undoing.forget_old, 3600.0),
            ("clocks", clocks.notify, 1.0),
            ("surveys", survey.expire, 60.0),
            ("old events", queue.forget_old, 30.0),
            ("old answers", idempotency.forget_old, 60.0),
            ("old conversions", conversions.forget_sent, 30.0),
            ("old faults", faults.forget_old, 3600.0),
            ("uploads", self._side.upload, 1.0),
        )

    def _jobs_aside(self) -> list[PeriodicTask]:
        """Returns the periodic tasks that may take long, which run in other threads.

        Jobs of other packages are imported here, because threads that import modules
        concurrently may see partially initialized ones.
        """
        jobs: list[PeriodicTask] = [
            ("orphans", sweep_orphans, SWEEP_EVERY),
            ("openings", extend_openings, EXTEND_EVERY),
            ("sessions", delete_expired, DELETE_SESSIONS_EVERY),
            ("words", partial(index_waiting_words, 1.0), 1.0),
            *((job.name, job.call, job.every) for job in registered()),
        ]
        aside = self._side.threads.run_housekeeping
        return [
            (name, partial(aside, name, call, every), every)
            for name, call, every in jobs
        ]

    def _drain(self) -> None:
        """Finishes the work in progress within the drain time.

        Messages that are still in progress afterwards are left as after a crash; files
        and profiles are released for other workers.
        """
        deadline = monotonic() + self.limits.drain
        while self.is_under_way and monotonic() < deadline:
            try:
                self._completions.write()
                sleep(0.01)
            except Exception as error:  # noqa: BLE001 - must not prevent the exit
                self._recover(error)
        self._calls.shutdown()
        if self.is_under_way:
            logger.warning("Stopped with %d messages under way", self._calls.in_flight)
            self._side.threads.leave()
        else:
            self._side.threads.close()
        self._sleep.disconnect()


def _update_pauses() -> None:
    pauses.resume_mended()
    pauses.mark_waiting()
