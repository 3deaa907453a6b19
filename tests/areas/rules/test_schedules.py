"""Opening hours against an independent calculation that steps through UTC minutes."""

import random
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from areas.rules.hours import DAYS, spans_of_date, spans_of_week
from areas.rules.schedules import Timetable
from tests.counts import count

MINUTE = timedelta(minutes=1)
# Time zones and days around their clock changes, and days without a change.
ZONES = [
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
    ("America/Sao_Paulo", date(2026, 7, 1)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Lisbon", date(2027, 3, 28)),
    ("Europe/Lisbon", date(2027, 10, 31)),
    ("Atlantic/Azores", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Asuncion", date(2024, 3, 24)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("America/Havana", date(2026, 11, 1)),
    # A whole day that was skipped.
    ("Pacific/Apia", date(2011, 12, 30)),
]


def random_spans(draw):
    """Spans of a day that do not overlap; edges of clock changes come often."""
    if draw.random() < 0.2:
        return ()
    if draw.random() < 0.1:
        return ((0, 1440),)
    edges = draw.sample(range(1441), 4)
    if draw.random() < 0.5:
        edges[0] = draw.choice([0, 30, 60, 90, 120, 150, 180, 1380, 1410, 1440])
    edges = sorted(set(edges))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return tuple(pairs[: draw.randint(1, 2)])


@lru_cache
def walls_of(zone, begin, days):
    """Returns the latest wall time up to each UTC minute, and the last minute of each."""
    walls = [
        (begin + MINUTE * n).astimezone(zone).replace(tzinfo=None)
        for n in range(days * 1440)
    ]
    return list(accumulate(walls, max)), {wall: n for n, wall in enumerate(walls)}


class Stepped:
    """Knows for each UTC minute of a few days the wall time that a clock there shows."""

    def __init__(self, zone, begin, days):
        self.begin = begin
        self.minutes = [begin + MINUTE * n for n in range(days * 1440)]
        self.latest, self.last = walls_of(zone, begin, days)
        self.open = bytearray(len(self.minutes))

    def mark(self, day, start, end):
        """Opens from the first minute at `start` up to the last one at `end`."""
        opens = datetime.combine(day, time()) + MINUTE * start
        closes = datetime.combine(day, time()) + MINUTE * end
        first = bisect_left(self.latest, opens)
        last = self.last.get(closes, bisect_right(self.latest, closes))
        if last > first:
            self.open[first:last] = b"\1" * (last - first)


def dated_spans(day, week, dated, yearly):
    """Returns the spans of a date by the precedence of the rules, written separately."""
    if day in dated:
        return dated[day]
    if (day.month, day.day) in yearly:
        return yearly[day.month, day.day]
    return week[day.weekday()]


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_stepping_through_the_minutes(seed):
    draw = random.Random(seed)  # noqa: S311
    for _ in range(count(50, 500)):
        check_one(draw)


def check_one(draw):
    name, around = draw.choice(ZONES)
    zone = ZoneInfo(name)
    week = tuple(random_spans(draw) for _day in DAYS)
    near = [around + timedelta(days=n) for n in (-2, -1, 0, 1, 2)]
    dated = {day: random_spans(draw) for day in draw.sample(near, draw.randint(0, 2))}
    yearly = {
        (day.month, day.day): random_spans(draw)
        for day in draw.sample(near, draw.randint(0, 2))
    }
    keys = {day.isoformat(): spans for day, spans in dated.items()}
    keys |= {f"{m:02}-{d:02}": spans for (m, d), spans in yearly.items()}
    timetable = Timetable(zone, week, keys)

    begin = datetime(around.year, around.month, around.day, tzinfo=UTC)
    stepped = Stepped(zone, begin - timedelta(days=3), 7)
    for n in range(-4, 6):
        day = around + timedelta(days=n)
        for span in dated_spans(day, week, dated, yearly):
            stepped.mark(day, *span)
    compare(draw, timetable, stepped)


def compare(draw, timetable, stepped):
    open_, minutes = stepped.open, stepped.minutes
    first, last = 1440, len(minutes) - 1440
    found = bytearray(len(minutes))
    for opens, closes in timetable.openings(minutes[first], minutes[last]):
        a = max(0, (opens - stepped.begin) // MINUTE)
        b = min(len(found), (closes - stepped.begin) // MINUTE)
        assert not any(found[a:b])
        found[a:b] = b"\1" * (b - a)
    assert found[first:last] == open_[first:last]

    for _ in range(4):
        a, b = sorted(draw.sample(range(first, last), 2))
        at, until = minutes[a], minutes[b]
        assert timetable.is_open(at) == bool(open_[a])
        assert timetable.open_time(at, until) == MINUTE * sum(open_[a:b])
        seconds = draw.randrange(1, 40_000)
        passed = [0]
        for minute in range(a, last):
            passed.append(passed[-1] + 60 * open_[minute])
        n = bisect_left(passed, seconds)
        if n < len(passed):
            late = timedelta(seconds=passed[n] - seconds)
            assert timetable.due(at, seconds) == minutes[a] + MINUTE * n - late
        change = next((n for n in range(a, last) if open_[n] != open_[a]), None)
        if change is not None:
            assert timetable.next_change(at) == minutes[change]


def test_a_start_in_a_gap_is_its_end_and_an_end_that_comes_twice_its_second():
    zone = ZoneInfo("America/Sao_Paulo")
    day = ((0, 60),)
    gap = Timetable(zone, (day,) * 7)
    begin = datetime(2018, 11, 4, 3, tzinfo=UTC)
    # 00:00 does not exist: the day begins at 01:00, where this span ends.
    assert gap.open_time(begin - timedelta(hours=2), begin + timedelta(hours=3)) == (
        timedelta()
    )
    evening = Timetable(zone, (((22 * 60, 23 * 60 + 30),),) * 7)
    # On 16 February 2019 23:00 to 24:00 came twice.
    opens, closes = next(
        evening.openings(
            datetime(2019, 2, 17, 0, 30, tzinfo=UTC),
            datetime(2019, 2, 17, 3, tzinfo=UTC),
        )
    )
    assert closes - opens == timedelta(hours=2, minutes=30)


def test_hours_that_are_always_open_or_closed_never_change():
    zone = ZoneInfo("America/Sao_Paulo")
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    always = Timetable(zone)
    closed = Timetable(zone, ((),) * 7)
    assert (always.is_open(now), always.next_change(now)) == (True, None)
    assert always.due(now, 60) == now + timedelta(minutes=1)
    assert (closed.is_open(now), closed.next_change(now)) == (False, None)
    assert closed.due(now, 1) is None
    assert closed.due(now, 0) == now


def test_the_next_change_of_always_open_hours_may_be_a_holiday_years_ahead():
    zone = ZoneInfo("America/Sao_Paulo")
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    dated = Timetable(zone, holidays={"2029-05-01": ()})
    assert dated.next_change(now) == datetime(2029, 5, 1, 3, tzinfo=UTC)
    yearly = Timetable(zone, holidays={"02-29": ()})
    assert yearly.next_change(now) == datetime(2028, 2, 29, 3, tzinfo=UTC)
    past = Timetable(zone, holidays={"2020-05-01": ()})
    assert past.next_change(now) is None


def test_the_last_dates_are_no_error():
    late = datetime(9998, 12, 31, 23, 59, tzinfo=UTC)
    for spans in ((), ((0, 60),), ((0, 1440),)):
        timetable = Timetable(ZoneInfo("Pacific/Kiritimati"), (spans,) * 7)
        timetable.next_change(late)
        timetable.due(late, 31_536_000)
        timetable.open_time(late, late)


def test_a_week_past_midnight_is_cut_in_two():
    week = spans_of_week(
        {"mon": ["22:00-06:00"], "sun": ["20:00-24:00", "00:00-02:00"]}
    )
    assert week[0] == ((1320, 1440),)
    assert week[1] == ((0, 360),)
    assert week[6] == ((0, 120), (1200, 1440))
    assert spans_of_week({"sun": ["23:00-01:00"]})[0] == ((0, 60),)
    assert spans_of_date(None) == ()
