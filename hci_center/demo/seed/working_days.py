"""Writes the presence and pauses of the demonstration's operators."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random

from hci_center.demo.seed.companies import Company
from hci_center.demo.seed.copy_buffers import DAY, stamp
from hci_center.demo.seed.timeline import Timeline

TABLE = "areas_presencespan"
COLUMNS = "operator_id, state, reason, started_at, ended_at, seen_at"
# The period that reports cover.
DAYS = 92
# The schedule of a day: each state starts at its hour.
_DAY = (
    (8.0, "online", ""),
    (10.0, "paused", "pausa"),
    (10.2, "online", ""),
    (12.0, "paused", "almoco"),
    (13.0, "online", ""),
    (15.5, "paused", "pausa"),
    (15.7, "online", ""),
    (18.0, "", ""),
)
_ABSENT = 0.08
_SUNDAY = 3  # the epoch began on a Thursday


def presence_lines(
    companies: list[Company], timeline: Timeline, rng: Random
) -> Iterator[str]:
    """Yields the rows of all operators' days, up to yesterday."""
    for company in companies:
        people = {person.id for area in company.areas for person in area.people}
        for operator_id in sorted(people):
            for days_ago in range(DAYS, 0, -1):
                midnight = timeline.midnight - days_ago * DAY
                if int(midnight // DAY) % 7 == _SUNDAY or rng.random() < _ABSENT:
                    continue
                yield from _day(operator_id, midnight, rng)


def _day(operator_id: int, midnight: float, rng: Random) -> Iterator[str]:
    late = rng.uniform(-0.1, 0.1)
    for (begin, state, reason), (end, _state, _reason) in itertools.pairwise(_DAY):
        started, ended = (
            stamp(midnight + (hour + late) * 3600) for hour in (begin, end)
        )
        yield f"{operator_id}\t{state}\t{reason}\t{started}\t{ended}\t{ended}\n"
