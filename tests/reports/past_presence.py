"""Writes spans of presence for the past chats."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from areas.models import Operator, PresenceSpan
from tests.reports.past import Centre, at


def write_presence(centre: Centre) -> None:
    """Writes spans over midnight, with a pause, without end, and idle hours."""
    for operator, begins, ends, state, reason in (
        (centre.ana, "18 08:00", "18 12:00:00.4", "online", ""),
        (centre.ana, "18 12:00:00.4", "18 13:00", "paused", "almoco"),
        (centre.ana, "18 13:00", "18 23:30", "online", ""),
        (centre.ana, "19 07:00", "20 02:00", "online", ""),
        (centre.ana, "20 02:00", "20 02:10", "paused", ""),
        (centre.bruno, "19 08:00", "19 20:00", "online", ""),
        (centre.bruno, "20 23:50", "21 00:20", "paused", "almoco"),
        (centre.bruno, "21 08:00", "21 18:00", "online", ""),
    ):
        _write(operator, at(begins), at(ends), state, reason)
    PresenceSpan.objects.create(
        operator=centre.bruno, state="online", started_at=at("24 08:00"),
        seen_at=at("24 17:31:12.5"),
    )  # fmt: skip


def write_random_presence(centre: Centre, chance: random.Random) -> None:
    for operator in (centre.ana, centre.bruno):
        now = at("17 05:00")
        for _ in range(30):
            now += timedelta(seconds=chance.choice((0, 0, 0.3, 7000)))
            length = timedelta(seconds=chance.choice((0, 0.7, 3600, 40000, 90000)))
            state = chance.choice(("online", "online", "paused"))
            reason = chance.choice(("", "almoco", "banheiro")) * (state == "paused")
            _write(operator, now, now + length, state, reason)
            now += length


def _write(
    operator: Operator, begins: datetime, ends: datetime, state: str, reason: str
) -> None:
    PresenceSpan.objects.create(
        operator=operator, state=state, reason=reason, started_at=begins,
        ended_at=ends, seen_at=ends,
    )  # fmt: skip
