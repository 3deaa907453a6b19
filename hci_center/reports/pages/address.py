"""The query string of a report page, which determines everything it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast, get_args
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area, Operator
from contacts.models import Channel
from hci_center.reports.answers import MOST_DAYS
from hci_center.reports.computing.questions import OwnPeriod, Question, own_periods
from hci_center.reports.pages.scope import Scope
from hci_center.reports.rows import Part
from managers.admin.lookups import is_row_id

PERIODS: Mapping[str, Any] = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "month": gettext_lazy("This month"),
    "last-month": gettext_lazy("Last month"),
}
STANDARD_PERIOD = "7d"
CLOCKS: Mapping[str, Any] = {
    "calendar": gettext_lazy("by the calendar"),
    "business": gettext_lazy("within opening hours"),
}
# Parameters that links to other pages do not include.
OF_A_PAGE = ("format", "table", "sort", "after", "row")
_VALUE = re.compile(r"-?[a-z0-9_]{1,32}")
# In links, for rows without a value.
NO_VALUE = "none"
# The rows of a share: numerator, denominator, the rest.
PARTS: tuple[Part, ...] = get_args(Part)


class WrongAddressError(Exception):
    """A value in the query string is unknown or not visible to the user."""

    def __init__(self, sentence: str = "", status: int = 404) -> None:
        super().__init__(sentence)
        self.sentence = sentence or _("Not found.")
        self.status = status


@dataclass(frozen=True, slots=True)
class Allowed:
    """The allowed values of `by` and `metric` on a page; the first is the default."""

    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Address:
    """A parsed query string. In `area_id`, `operator_id` None: no filter, 0: nobody."""

    scope: Scope
    since: date
    until: date
    today: date
    # "" if days were given.
    period: str = ""
    area_id: int | None = None
    operator_id: int | None = None
    channel: str | None = None
    by: str = ""
    clock: str = "calendar"
    metric: str = ""
    hour: int | None = None
    weekday: int | None = None
    part: Part = "n"
    # Of the metric's `valued_part`: only those with this value, "" for those without.
    value: str | None = None
    # For a named period: the days of each manager, where they differ.
    own: tuple[OwnPeriod, ...] = ()
    # Whether the user may see names in rows, and whether he may see all managers.
    reads_names: bool = True
    sees_all: bool = False
    # The parameters as given, without empty ones.
    given: dict[str, str] = field(default_factory=dict)

    def query(self, **over: Any) -> str:
        """Returns the query string with other values; None or "" removes one."""
        kept = {k: v for k, v in self.given.items() if k not in OF_A_PAGE}
        if "period" in over:
            kept.pop("from", None)
            kept.pop("to", None)
        if "from" in over:
            kept.pop("period", None)
        merged = kept | over
        return urlencode({k: v for k, v in merged.items() if v not in (None, "")})

    def question(self, metric: str, *by: str, **over: Any) -> Question:
        """Returns the question for a metric of this page's period and filters."""
        values: dict[str, Any] = {
            "managers": self.scope.ids,
            "since": self.since,
            "until": self.until,
            "by": by,
            "area_ids": None if self.area_id is None else (self.area_id,),
            "operator_id": self.operator_id,
            "channel": self.channel,
            "hour": self.hour,
            "weekday": self.weekday,
            "value": self.value,
            "own": self.own,
        }
        return Question(metric, **values | over)

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the groups that have a filter."""
        given = {
            "area": self.area_id,
            "operator": self.operator_id,
            "hour": self.hour,
            "weekday": self.weekday,
        }
        return tuple(name for name, value in given.items() if value is not None)


def read_address(
    query: QueryDict, scope: Scope, now: datetime, allowed: Allowed
) -> Address:
    """Reads a query string; raises WrongAddressError."""
    given = {name: value for name in query if (value := query.get(name, "").strip())}
    manager_id = _row_id(given, "manager")
    if manager_id is not None and manager_id not in scope.managers:
        raise WrongAddressError
    scope.chosen = manager_id
    scope.load_choices()
    todays = scope.todays(now)
    today = max(todays.values(), default=now.date())
    period, since, until, own = _days(given, todays, today)
    return Address(
        scope,
        since,
        until,
        today,
        period,
        _part(given, "area", Area, scope),
        _part(given, "operator", Operator, scope),
        _one_of(given, "channel", Channel.values) or None,
        _one_of(given, "by", allowed.by, allowed.by[:1]),
        _one_of(given, "clock", CLOCKS, ("calendar",)),
        _one_of(given, "metric", allowed.metrics, allowed.metrics[:1]),
        _number(given, "hour", range(24)),
        _number(given, "weekday", range(1, 8)),
        cast("Part", _one_of(given, "part", PARTS, PARTS)),
        _value(given),
        own,
        given=given,
    )


def period_days(period: str, today: date) -> tuple[date, date]:
    """Returns the first and last day of a named period."""
    yesterday = today - timedelta(days=1)
    first = today.replace(day=1)
    end_of_last = first - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "7d": (today - timedelta(days=6), today),
        "30d": (today - timedelta(days=29), today),
        "month": (first, today),
        "last-month": (end_of_last.replace(day=1), end_of_last),
    }[period]


def _days(
    given: Mapping[str, str], todays: Mapping[int, date], today: date
) -> tuple[str, date, date, tuple[OwnPeriod, ...]]:
    since, until = _day(given, "from"), _day(given, "to")
    if since is None and until is None:
        period = _one_of(given, "period", PERIODS, (STANDARD_PERIOD,))
        days = {pk: period_days(period, own_day) for pk, own_day in todays.items()}
        if not days:
            return period, *period_days(period, today), ()
        return period, *own_periods(days, today)
    since = since or until or today
    until = until or max(since, today)
    if since > until:
        raise WrongAddressError(_("The period ends before it begins."), 400)
    if (until - since).days >= MOST_DAYS:
        raise WrongAddressError(_("A period has at most %d days.") % MOST_DAYS, 400)
    return "", since, until, ()


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        # Only the format of a form's date field: Python accepts other formats too.
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError as error:
        raise WrongAddressError from error


def _one_of(
    given: Mapping[str, str], name: str, known: Any, standard: tuple[str, ...] = ()
) -> str:
    value = given.get(name)
    if value is None:
        return standard[0] if standard else ""
    if value not in known:
        raise WrongAddressError
    return value


def _value(given: Mapping[str, str]) -> str | None:
    value = given.get("value")
    if value is not None and not _VALUE.fullmatch(value):
        raise WrongAddressError
    return "" if value == NO_VALUE else value


def _number(given: Mapping[str, str], name: str, known: range) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if value not in map(str, known):
        raise WrongAddressError
    return int(value)


def _row_id(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not is_row_id(value):
        raise WrongAddressError
    return int(value)


def _part(given: Mapping[str, str], name: str, model: Any, scope: Scope) -> int | None:
    """Returns the id of an area or operator of the managers that are covered."""
    found = _row_id(given, name)
    if found:
        choices = scope.areas if model is Area else scope.operators
        rows = model.objects.filter(pk=found, manager__in=scope.managers)
        if found not in choices and not rows.exists():
            raise WrongAddressError
    return found
