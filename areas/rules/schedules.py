"""Computes when a manager or an area is open, by the hours in force.

Each span of a day is turned into instants by that day's own offset from UTC. A start
that does not exist (the clock jumps over it) is the first instant after the gap; an end
that comes twice is its second. So lengths are real seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from areas.rules.hours import DAY_END, Span, spans_of_week

# How far ahead openings and ends are searched; later ones count as never.
HORIZON = timedelta(days=20 * 366)
_DAY = timedelta(days=1)

# The version in force for an area, else that of its manager, and the manager's zone.
_IN_FORCE = """
SELECT coalesce(s.zone, m.time_zone), s.hours::text, s.holidays::text
  FROM managers_manager m
  LEFT JOIN areas_area a ON a.id = %s AND a.manager_id = m.id
  LEFT JOIN areas_schedule s ON s.id = coalesce(a.schedule_id, m.schedule_id)
 WHERE m.id = %s
"""
# The same for all areas of a manager.
_ALL_IN_FORCE = """
SELECT a.id, coalesce(s.zone, m.time_zone), s.hours::text, s.holidays::text
  FROM managers_manager m
  JOIN areas_area a ON a.manager_id = m.id
  LEFT JOIN areas_schedule s ON s.id = coalesce(a.schedule_id, m.schedule_id)
 WHERE m.id = %s
"""


@dataclass(frozen=True)
class Timetable:
    """The spans of a week and of the holidays, in a time zone."""

    zone: ZoneInfo
    # From Monday to Sunday.
    week: tuple[tuple[Span, ...], ...] = field(default=spans_of_week("always"))
    # By "2026-11-20", or "11-20" for every year; they replace the weekday's.
    holidays: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Returns the spans of a date in minutes."""
        if self.holidays:
            text = day.isoformat()
            for key in (text, text[5:]):
                if key in self.holidays:
                    return self.holidays[key]
        return self.week[day.weekday()]

    def openings(
        self, begin: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yields the open spans that overlap the period, in order, without overlaps.

        They are not clipped: spans at the edges may extend beyond the period.
        """
        day = begin.astimezone(self.zone).date() - _DAY
        last = end.astimezone(self.zone).date() + _DAY
        until = datetime.min.replace(tzinfo=UTC)
        while day <= last:
            for start, stop in self.spans_on(day):
                opens = max(_instant(self.zone, day, start, is_end=False), until)
                closes = _instant(self.zone, day, stop, is_end=True)
                if closes > opens:
                    until = closes
                    if closes > begin and opens < end:
                        yield opens, closes
            day += _DAY

    def is_open(self, at: datetime) -> bool:
        return any(
            opens <= at < closes
            for opens, closes in self.openings(at, at + timedelta(microseconds=1))
        )

    def next_change(self, at: datetime) -> datetime | None:
        """Returns when it closes next, or opens if it is closed; None if never."""
        if self._is_constant(at):
            return None
        until = None
        for opens, closes in self.openings(at, _horizon(at)):
            if until is None and opens > at:
                return opens
            if until is not None and opens > until:
                return until
            until = closes
        return until if until is not None and until < _horizon(at) else None

    def open_time(self, begin: datetime, end: datetime) -> timedelta:
        """Returns how much of the period is open; zero if it ends before it starts."""
        return sum(
            (
                min(closes, end) - max(opens, begin)
                for opens, closes in self.openings(begin, end)
            ),
            timedelta(),
        )

    def due(self, at: datetime, seconds: float) -> datetime | None:
        """Returns the time at which that many open seconds have passed since `at`.

        None means never.
        """
        left = timedelta(seconds=seconds)
        if not left:
            return at
        if self._is_constant(at):
            # Not beyond the maximum date.
            ends = self.is_open(at) and left < datetime.max.replace(tzinfo=UTC) - at
            return at + left if ends else None
        for opens, closes in self.openings(at, _horizon(at)):
            opens = max(opens, at)
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        return None

    def _is_constant(self, at: datetime) -> bool:
        """Returns whether it never opens or closes after `at`."""
        days = set(self.week)
        if len(days) != 1 or days - {(), ((0, DAY_END),)}:
            return False
        yesterday = (at.astimezone(self.zone).date() - _DAY).isoformat()
        return not any(
            spans not in days and (len(key) == len("11-20") or key >= yesterday)
            for key, spans in self.holidays.items()
        )


def _horizon(at: datetime) -> datetime:
    latest = datetime.max.replace(tzinfo=UTC) - 3 * _DAY
    return latest if at > latest - HORIZON else at + HORIZON


def _instant(zone: ZoneInfo, day: date, minute: int, *, is_end: bool) -> datetime:
    """Returns the absolute time of a wall-clock time on that day."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first > second:
        return _end_of_gap(zone, second, first)
    return second if is_end else first


def _end_of_gap(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Returns the time between these two at which the UTC offset changes."""
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def timetable_of(manager_id: int, area_id: int | None) -> Timetable:
    """Returns the timetable in force of an area, or of the manager if it is None."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, [area_id, manager_id])
        return parse_timetable(*cursor.fetchone())


def timetables_of(manager_id: int) -> dict[int, Timetable]:
    """Returns the timetables in force for all areas of a manager, by area id."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_IN_FORCE, [manager_id])
        return {area_id: parse_timetable(*row) for area_id, *row in cursor.fetchall()}


@lru_cache(maxsize=1024)
def parse_timetable(zone: str, hours: str | None, holidays: str | None) -> Timetable:
    """Returns the timetable from columns as text; always open without a version."""
    if hours is None:
        return Timetable(ZoneInfo(zone))
    return read_timetable(zone, json.loads(hours), json.loads(holidays or "{}"))


def read_timetable(zone: str, hours: Any, holidays: Any) -> Timetable:
    """Returns the timetable of a version's columns."""
    week = tuple(_read_spans(hours.get(str(day), [])) for day in range(1, 8))
    dates = {key: _read_spans(spans) for key, spans in holidays.items()}
    return Timetable(ZoneInfo(zone), week, dates)


def _read_spans(spans: list[list[str]]) -> tuple[Span, ...]:
    return tuple((_minutes(start), _minutes(end)) for start, end in spans)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
