"""Parses opening hours as people write them: "08:00-12:00", by weekday."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from django.utils.translation import gettext as _

from hci_center.api.parsers import WrongValueError
from hci_center.errors import Sentence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_END = 24 * 60
# The most spans of a day, so that a mistake cannot fill the tables.
MOST_SPANS = 24

# Minutes of a day, the end excluded.
Span = tuple[int, int]
# "always", or spans by weekday; an absent day is closed.
Hours = Literal["always"] | dict[str, list[str]]
# Error sentences by position, such as "policy.hours.mon[0]".
Problems = dict[str, list[Sentence]]

ALWAYS: Literal["always"] = "always"
_SPAN = re.compile(
    r"\s*([0-9]{1,2}):([0-9]{2})\s*[-\u2013]\s*([0-9]{1,2}):([0-9]{2})\s*"
)


def parse_span(text: Any) -> Span:
    """Returns the minutes of a span; an end not after its start is on the next day."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise WrongValueError(_("Write hours like 08:00-12:00."))
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= DAY_END or end > DAY_END:
        raise WrongValueError(_("Hours are from 00:00 to 24:00."))
    if start == end:
        raise WrongValueError(_("These hours begin and end at the same time."))
    return (start, end) if end > start else (start, end + DAY_END)


def format_span(span: Span) -> str:
    """Returns the span as it is stored: 08:00-12:00, 22:00-06:00."""
    start, end = span
    end = end if end <= DAY_END else end - DAY_END
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def parse_hours(value: Any, place: str, problems: Problems) -> Hours:
    """Returns the hours of a week in their stored form; adds errors."""
    if value == ALWAYS:
        return ALWAYS
    if not isinstance(value, dict):
        problems[place] = [_('This must be "always" or an object of weekdays.')]
        return {}
    for day in sorted(set(map(str, value)) - set(DAYS)):
        problems[f"{place}.{day}"] = [
            _("The days are mon, tue, wed, thu, fri, sat and sun.")
        ]
    read: dict[str, list[Span]] = {}
    taken: list[Span] = []
    for number, day in enumerate(DAYS):
        spans = _parse_day(value.get(day), f"{place}.{day}", problems, taken, number)
        if spans:
            read[day] = spans
    return {day: [format_span(span) for span in sorted(read[day])] for day in read}


def _parse_day(
    value: Any, place: str, problems: Problems, taken: list[Span], number: int
) -> list[Span]:
    """Returns the spans of a weekday; adds their minutes of the week to `taken`."""
    found = []
    for where, text in _listed(value, place, problems):
        try:
            span = parse_span(text)
            _take(span, number, taken)
        except WrongValueError as error:
            problems[where] = [error.sentence]
        else:
            found.append(span)
    return found


def _listed(value: Any, place: str, problems: Problems) -> list[tuple[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        problems[place] = [_("This must be a list.")]
        return []
    if len(value) > MOST_SPANS:
        problems[place] = [_("A day has at most %d spans.") % MOST_SPANS]
        return []
    return [(f"{place}[{n}]", text) for n, text in enumerate(value)]


def _take(span: Span, day: int, taken: list[Span]) -> None:
    """Adds the span to the week's; raises WrongValueError if they overlap."""
    week = DAY_END * len(DAYS)
    begin, end = span[0] + day * DAY_END, span[1] + day * DAY_END
    # The part after Sunday's midnight belongs to Monday.
    pieces = [(begin, min(end, week)), (0, end - week)]
    pieces = [(first, last) for first, last in pieces if last > first]
    if any(a < last and first < b for first, last in pieces for a, b in taken):
        raise WrongValueError(_("These hours overlap with others."))
    taken.extend(pieces)


def parse_date_hours(value: Any, place: str, problems: Problems) -> list[str] | None:
    """Returns the spans of a holiday in their stored form, or None: closed."""
    found: list[Span] = []
    for where, text in _listed(value, place, problems):
        try:
            span = parse_span(text)
            if span[1] > DAY_END:
                raise WrongValueError(
                    _("Hours of a date end by 24:00; the rest is the next date's.")
                )
            _take(span, 0, found)
        except WrongValueError as error:
            problems[where] = [error.sentence]
    return [format_span(span) for span in sorted(found)] or None


def spans_of_week(hours: Hours) -> tuple[tuple[Span, ...], ...]:
    """Returns the spans from Monday to Sunday, split at midnight."""
    if hours == ALWAYS:
        return (((0, DAY_END),),) * len(DAYS)
    days: list[list[Span]] = [[] for _day in DAYS]
    for number, day in enumerate(DAYS):
        for text in hours.get(day, []):
            start, end = parse_span(text)
            days[number].append((start, min(end, DAY_END)))
            if end > DAY_END:
                days[(number + 1) % len(DAYS)].append((0, end - DAY_END))
    return tuple(tuple(sorted(day)) for day in days)


def spans_of_date(hours: Iterable[str] | None) -> tuple[Span, ...]:
    """Returns the spans of a holiday's hours."""
    return tuple(sorted(parse_span(text) for text in hours or []))
