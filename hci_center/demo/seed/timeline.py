"""Plans the chats of a customer: how many, when, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Literal

from hci_center.demo.seed.companies import AreaStaff, Company, Person
from hci_center.demo.seed.copy_buffers import DAY, protocol_on

# The state of the customer's last chat: closed, with an operator, in an area's queue,
# or still with the bot.
Stage = Literal["closed", "answered", "waiting", "menu"]

# The time zone of the demonstration, without daylight saving time since 2019.
HOME = timezone(timedelta(hours=-3))
# The share of chats outside working hours.
AFTER_HOURS = 0.06
# Maximum hours since the last message of an open chat.
SILENT_FOR = {"answered": 0.75, "waiting": 3.0, "menu": 0.5}


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer whose chats are planned."""

    id: int
    first_name: str
    company: Company
    sa: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One planned chat: its id, its final state, its number of messages."""

    id: int
    stage: Stage
    length: int
    last_message_at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The values of the contact's row after a chat."""

    area: AreaStaff | None
    operator: Person | None
    protocol: str
    unread: int
    first_message_at: float
    last_message_at: float
    # NULL of a closed chat: nobody waits.
    waiting_since: float | None
    queued_at: float | None
    last_in_at: float


class Timeline:
    """Plans chats; the same seed plans the same ones, counted back from `now`."""

    def __init__(
        self,
        rng: Random,
        now: datetime,
        chat_ids: Iterator[int],
        running: Iterator[int],
    ) -> None:
        self.rng = rng
        self.now = now.timestamp()
        today = now.astimezone(HOME).replace(hour=0, minute=0, second=0, microsecond=0)
        self.midnight = today.timestamp()
        self.chat_ids = chat_ids
        self.running = running

    def plan(self, messages: int) -> list[Plan]:
        """Returns a customer's chats, oldest first, with that many messages in all."""
        stage = self._stage(messages)
        lengths = self._lengths(messages, stage)
        ends = self._ends(len(lengths), stage)
        return [
            Plan(
                next(self.chat_ids),
                stage if left == 0 else "closed",
                length,
                end,
            )
            for left, length, end in zip(
                range(len(lengths) - 1, -1, -1), lengths, ends, strict=True
            )
        ]

    def protocol(self, timestamp: float) -> str:
        """Returns a new protocol, with the date in the demonstration's time zone."""
        day = datetime.fromtimestamp(timestamp, UTC).astimezone(HOME)
        return protocol_on(f"{day:%Y%m%d}", next(self.running))

    def _stage(self, messages: int) -> Stage:
        chance = self.rng.random()
        if messages < 2 or chance < 0.70:
            return "closed"
        if messages < 6 or chance > 0.97:
            return "menu"
        return "answered" if chance < 0.88 else "waiting"

    def _lengths(self, messages: int, stage: Stage) -> list[int]:
        """Returns the number of messages of each chat; closed chats have 8 to 24."""
        last = {"waiting": self.rng.randint(4, 6), "menu": 2}.get(stage, 0)
        rest, lengths = messages - last, []
        while rest:
            length = self.rng.randint(8, 24)
            length = rest if rest - length < 4 else length
            lengths.append(length)
            rest -= length
        return [*lengths, last] if last else lengths

    def _ends(self, how_many: int, stage: Stage) -> list[float]:
        """Returns the time of each chat's last message, oldest first."""
        rng = self.rng
        if stage == "closed":
            end = self._at_work(1 + int(rng.expovariate(1 / 20)))
        else:
            end = self.now - 60 - rng.random() * SILENT_FOR[stage] * 3600
        ends = [end]
        for _ in range(how_many - 1):
            days_ago = int((self.midnight - end) // DAY) + 1
            end = self._at_work(days_ago + rng.randint(2, 25))
            ends.append(end)
        return ends[::-1]

    def _at_work(self, days_ago: int) -> float:
        """Returns a time that many days ago or a day earlier, mostly in working hours."""
        day = self.midnight - days_ago * DAY
        if int(day // DAY) % 7 == 3:  # a Sunday: the epoch began on a Thursday
            day -= DAY
        # A few write in the evening, when nobody is there.
        if self.rng.random() < AFTER_HOURS:
            return day + self.rng.uniform(19.5, 22.5) * 3600
        return day + self.rng.triangular(8.5, 19.5, 14) * 3600
