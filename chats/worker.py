"""The process that empties the queues: out to the gateways, in from their webhooks.

One thread speaks to the database for all that leaves, and does nothing else that
could hold it up; many threads speak to gateways and to nobody else. What comes in
is worked through by a few threads of their own. Any number of workers may run.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)

from chats import (
    alarms,
    conversions,
    delivery,
    inbound,
    media,
    outbox,
    pauses,
    profiles,
    sessions,
)
from chats.accounts import Drivers
from chats.attachments import sweep_orphans
from chats.delivery import Ended
from chats.gateways.base import Outcome
from chats.gateways.bounded import Patience
from chats.gateways.http import FILE
from chats.outbox import Job
from chats.waking import Sleep
from hci_center.errors import UnavailableError

logger = logging.getLogger(__name__)

# A send that takes longer makes its account wait with more until it ends.
SLOW = 3.0
# Files that lost their row, or never had one, are looked for so often.
SWEEP_EVERY = 3600.0
DATABASE_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a worker does at once, and for how long it holds what it took."""

    sends: int = 64
    # Of one account, so that a slow one leaves room for the others.
    each: int = 4
    lanes: int = 3
    fetches: int = 2
    # Processes that convert files; one of them is kept from films, which take long.
    conversions: int = 2
    lease: float = 60.0
    doubt: float = delivery.DOUBT
    drain: float = 9.0
    # Divides the waits between tries and the pauses; for trials.
    hurry: float = 1.0
    patience: Patience = FILE

    @property
    def aside(self) -> int:
        """The threads beside those that send."""
        return self.lanes + self.fetches + self.conversions


class Worker:
    """Runs until it is told to stop, then ends what it has begun."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.drivers = Drivers(self.limits.patience)
        self._stopping = threading.Event()
        self._sleep = Sleep()
        self._senders = ThreadPoolExecutor(self.limits.sends, "send")
        self._side = ThreadPoolExecutor(self.limits.aside, "side")
        # Of messages in our hands: the job, and since when.
        self._held: dict[int, tuple[Job, float]] = {}
        # What the main thread is to write, in the order in which it ended.
        self._written: deque[Callable[[], None]] = deque()
        self._working, self._fetching, self._checking = 0, 0, 0
        self._converting, self._films = 0, 0
        # Not at once: what starts again and again would do nothing else.
        self._dues = {"orphans": monotonic() + SWEEP_EVERY / 4}

    def stop(self) -> None:
        """May be called from a signal's handler."""
        self._stopping.set()
        self._sleep.ring()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.step()
                if not self._written:
                    self._sleep.rest(busy=busy)
            except DATABASE_AWAY as error:
                logger.warning("the database is away: %s", type(error).__name__)
                self._sleep.hang_up()
                sleep(0.2)
        self._drain()

    def step(self) -> bool:
        """One round; answers whether there was anything to do."""
        busy = self._write()
        self._chores()
        busy |= self._send()
        busy |= self._work_through()
        busy |= self._convert()
        busy |= self._fetch()
        return busy

    # What leaves -----------------------------------------------------------

    def _send(self) -> bool:
        room = self.limits.sends - len(self._held) - self._checking
        if room <= 0:
            return False
        jobs = outbox.claim(room, self.limits.each, self.limits.lease, self._taken())
        now = monotonic()
        for job in jobs:
            if job.awaits_file:
                conversions.want(job.message_id, job.fence, in_flight=job.in_dark)
                continue
            self._held[job.message_id] = (job, now)
            self._senders.submit(self._attempt, job)
        return bool(jobs)

    def _taken(self) -> Counter[tuple[int, str]]:
        taken: Counter[tuple[int, str]] = Counter()
        now = monotonic()
        for job, since in self._held.values():
            slow = now - since > SLOW
            taken[job.line.manager_id, job.line.channel] += (
                self.limits.each if slow else 1
            )
        return taken

    def _attempt(self, job: Job) -> None:
        outcome: Outcome
        try:
            outcome = delivery.attempt(self.drivers, job)
        except Exception:
            # A fault of ours: the message fails after a few tries, others go on.
            logger.exception("message %s", job.out.uuid)
            outcome = delivery.broken(job)
        self._written.append(lambda: self._settle(Ended(job, outcome)))
        self._sleep.ring()

    def _settle(self, ended: Ended) -> None:
        try:
            delivery.settle(ended, self.limits.doubt, self.limits.hurry)
        except DATABASE_AWAY:
            raise
        except Exception:
            logger.exception("message %s", ended.job.out.uuid)
            delivery.give_up(ended.job)
        self._held.pop(ended.job.message_id, None)

    def _write(self) -> bool:
        """Writes what has ended. What the database does not take stays first."""
        busy = bool(self._written)
        while self._written:
            self._written[0]()
            self._written.popleft()
        return busy

    # What comes in ---------------------------------------------------------

    def _work_through(self) -> bool:
        room = self.limits.lanes - self._working
        if room <= 0:
            return False
        taken = inbound.claim(room)
        for piece in taken:
            self._working += 1
            self._side.submit(self._lane, piece)
        return bool(taken)

    def _lane(self, piece: inbound.Taken) -> None:
        """This piece and those behind it, as long as there are any."""
        try:
            pieces = [piece]
            while pieces and not self._stopping.is_set():
                inbound.work_through(pieces[0])
                pieces = inbound.claim(1, (piece.source, piece.lane))
        except (*DATABASE_AWAY, UnavailableError) as error:
            logger.warning("inbound event %s: %s", piece.id, type(error).__name__)
        except Exception:
            logger.exception("inbound event %s", piece.id)
        finally:
            close_old_connections()
            self._written.append(self._lane_ended)
            self._sleep.ring()

    def _lane_ended(self) -> None:
        self._working -= 1

    def _convert(self) -> bool:
        room = self.limits.conversions - self._converting
        if room <= 0:
            return False
        films = self.limits.conversions - 1 - self._films
        wanted = conversions.claim(room, films)
        for one in wanted:
            self._converting += 1
            self._films += one.is_film
            job = partial(conversions.make, one, self._stopping.is_set)
            ended = partial(self._conversion_ended, one)
            self._side.submit(self._aside, job, ended)
        return bool(wanted)

    def _conversion_ended(self, wanted: conversions.Wanted) -> None:
        self._converting -= 1
        self._films -= wanted.is_film

    def _fetch(self) -> bool:
        room = self.limits.fetches - self._fetching
        if room <= 0:
            return False
        jobs = [partial(media.fetch, self.drivers, one) for one in media.claim(room)]
        if len(jobs) < room and self._is_due("profiles", 1.0):
            asked = profiles.claim(room - len(jobs))
            jobs += [partial(profiles.fetch, self.drivers, one) for one in asked]
        for job in jobs:
            self._fetch_aside(job)
        return bool(jobs)

    def _fetch_aside(self, job: Callable[[], object]) -> None:
        self._fetching += 1
        self._side.submit(self._aside, job, self._fetch_ended)

    def _aside(self, job: Callable[[], object], ended: Callable[[], None]) -> None:
        try:
            job()
        except Exception:
            logger.exception("%s", job)
        finally:
            close_old_connections()
            self._written.append(ended)
            self._sleep.ring()

    def _fetch_ended(self) -> None:
        self._fetching -= 1

    # What is to be done now and then ----------------------------------------

    def _chores(self) -> None:
        if self._is_due("lease", self.limits.lease / 3):
            held = {job.message_id: job.fence for job, _ in self._held.values()}
            outbox.renew(held, self.limits.lease)
        if self._is_due("pauses", 1.0):
            pauses.resume_mended()
            pauses.tell_waiting()
        if self._is_due("accounts", 5.0):
            sessions.ensure_accounts()
        if self._is_due("checks", 1.0):
            self._check()
        if self._is_due("alarms", 1.0):
            alarms.watch()
        if self._is_due("old", 30.0):
            delivery.expire()
            inbound.forget_old()
            conversions.forget_sent()
        if self._is_due("orphans", SWEEP_EVERY):
            self._fetch_aside(sweep_orphans)

    def _is_due(self, chore: str, every: float) -> bool:
        if self._dues.get(chore, 0.0) > monotonic():
            return False
        self._dues[chore] = monotonic() + every
        return True

    def _check(self) -> None:
        # A share of the threads: sessions that hang must not hold the messages.
        room = self.limits.sends // 4 - self._checking
        for due in sessions.due_checks(room) if room > 0 else []:
            self._checking += 1
            self._senders.submit(self._check_one, due)

    def _check_one(self, due: sessions.Due) -> None:
        try:
            checked = sessions.check(self.drivers, due)
        except Exception:
            logger.exception("the session of %s", due.line.account.name)
            self._written.append(self._check_ended)
        else:
            self._written.append(lambda: self._note(checked))
        self._sleep.ring()

    def _note(self, checked: sessions.Checked) -> None:
        sessions.note_check(checked)
        self._check_ended()

    def _check_ended(self) -> None:
        self._checking -= 1

    def _drain(self) -> None:
        """Ends what was begun, for a while; a lease looks after the rest."""
        deadline = monotonic() + self.limits.drain
        while (self._held or self._working) and monotonic() < deadline:
            try:
                self._write()
                sleep(0.01)
            except DATABASE_AWAY:
                self._sleep.hang_up()
                sleep(0.2)
        self._senders.shutdown(wait=False, cancel_futures=True)
        self._hang_up_threads()
        self._sleep.hang_up()

    def _hang_up_threads(self) -> None:
        """Closes the connections of the threads that have one, when all is done."""
        threads = self.limits.aside
        all_here = threading.Barrier(threads)

        def close() -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                all_here.wait(1.0)
            connection.close()

        for _ in range(threads):
            self._side.submit(close)
        self._side.shutdown()
