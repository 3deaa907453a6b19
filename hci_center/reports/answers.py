"""Answers POST report: figures with the codes and ids that the API shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.naming import spellings_of
from hci_center.callers import Caller
from hci_center.errors import (
    AreaNotFoundError,
    InvalidError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)
from hci_center.reports.definitions import METRICS
from hci_center.reports.figures import Key, Report, figures
from hci_center.reports.metric import VERSION, Metric
from hci_center.reports.questions import MOST_AT_ONCE, Question
from hci_center.times import as_time
from managers.models import Manager

MOST_DAYS = 400
MOST_ROWS = 10_000
# In these days customers may still come back.
RETURN_DAYS = 3

_AREAS = """
SELECT id FROM areas_area WHERE manager_id = ANY(%(managers)s)
   AND (code = ANY(%(spelled)s) OR name = ANY(%(spelled)s))
"""
_OPERATOR = """
SELECT id FROM areas_operator WHERE manager_id = ANY(%(managers)s) AND id = %(operator)s
"""
_CODES = "SELECT id, code FROM areas_area WHERE manager_id = ANY(%s)"
# More chats are marked than are computed at once, or kept rows are of an earlier version.
_REBUILDING = """
SELECT (SELECT count(*) FROM (
          SELECT 1 FROM report_dirty d JOIN chats_chat h ON h.id = d.chat_id
           WHERE d.failures = 0 AND h.manager_id = ANY(%(managers)s)
           LIMIT %(most)s + 1) d) > %(most)s
       OR EXISTS (SELECT FROM report_episode WHERE version < %(version)s)
"""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a caller asks: names are still as he wrote them."""

    metric: str
    since: date | None = None
    until: date | None = None
    by: tuple[str, ...] = ()
    manager_id: int | None = None
    area: str | None = None
    operator_id: int | None = None
    channel: str | None = None


@dataclass(slots=True)
class _Managers:
    """The managers that the answer covers."""

    rows: list[Manager]
    codes: dict[int, str] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(manager.pk for manager in self.rows)

    @property
    def zone(self) -> str | None:
        """The zone of all of them, None where they differ."""
        zones = {manager.time_zone for manager in self.rows}
        return zones.pop() if len(zones) == 1 else None

    def today(self, now: datetime) -> date:
        """The latest date that any of them has."""
        dates = [now.astimezone(ZoneInfo(row.time_zone)).date() for row in self.rows]
        return max(dates, default=now.date())


def definitions(language: str) -> list[dict[str, Any]]:
    """Returns every metric in a language, as the definitions page shows it."""
    return [
        {
            "metric": name,
            "version": metric.version,
            "name": _in(metric.label, language),
            "text": _in(metric.formula, language),
            "cohort": metric.cohort,
            "clocks": list(metric.clocks),
            "unit": metric.unit,
            "by": list(metric.by),
            "null": _in(metric.null, language),
        }
        for name, metric in METRICS.items()
    ]


def report(caller: Caller, request: ReportRequest) -> dict[str, Any]:
    """Returns the figures of a metric.

    Raises InvalidError, ManagerNotFoundError, AreaNotFoundError and
    OperatorNotFoundError.
    """
    metric = METRICS[request.metric]
    _validate(metric, request)
    managers = _managers(caller, request.manager_id)
    now = timezone.now()
    today = managers.today(now)
    since, until = _period(request, today)
    question = Question(
        request.metric,
        managers.ids,
        since,
        until,
        request.by,
        _area_ids(managers, request.area),
        _operator_id(managers, request.operator_id),
        request.channel,
    )
    found = figures(question)
    if len(found.rows) > MOST_ROWS:
        raise InvalidError({"by": [_("This gives more than %d rows.") % MOST_ROWS]})
    settled = today - timedelta(days=RETURN_DAYS if metric.waits_for_return else 0)
    return {
        "metric": request.metric,
        "version": metric.version,
        "cohort": metric.cohort,
        "unit": metric.unit,
        "zone": managers.zone,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "at": as_time(now),
        "provisional": until >= settled,
        "rebuilding": _is_rebuilding(managers),
        "by": list(request.by),
        "rows": _rows(found, request.by, managers),
        "total": found.total,
    }


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts["pt-br" if language.lower().startswith("pt") else "en"]


def _validate(metric: type[Metric], request: ReportRequest) -> None:
    """Raises InvalidError for groups and filters that the metric does not have."""
    wrong: dict[str, list[Any]] = {}
    lacking = [name for name in request.by if name not in metric.by]
    if lacking:
        wrong["by"] = [_("This metric has no %s.") % ", ".join(lacking)]
    for name, place, given in (
        ("area", "area", request.area),
        ("operator", "operatorId", request.operator_id),
    ):
        if given is not None and name not in metric.by:
            wrong[place] = [_("This metric has no %s.") % name]
    if wrong:
        raise InvalidError(wrong)


def _period(request: ReportRequest, today: date) -> tuple[date, date]:
    since = request.since or request.until or today
    until = request.until or max(since, today)
    if since > until:
        raise InvalidError({"from": [_("This is after the end of the period.")]})
    if (until - since).days >= MOST_DAYS:
        sentence = _("A period has at most %d days.") % MOST_DAYS
        raise InvalidError({"from": [sentence]})
    return since, until


def _managers(caller: Caller, manager_id: int | None) -> _Managers:
    visible = Manager.objects.visible_to(caller)
    if manager_id is not None:
        visible = visible.filter(pk=manager_id)
    columns = ("id", "number", "facebook_id", "time_zone")
    rows = list(visible.only(*columns).order_by("id"))
    if manager_id is not None and not rows:
        raise ManagerNotFoundError
    managers = _Managers(rows)
    with connection.cursor() as cursor:
        cursor.execute(_CODES, [list(managers.ids)])
        managers.codes = dict(cursor.fetchall())
    return managers


def _area_ids(managers: _Managers, area: str | None) -> tuple[int, ...] | None:
    """Returns the areas of that code; "" is none. Raises AreaNotFoundError."""
    if area is None:
        return None
    if area == "":
        return (0,)
    values: dict[str, Any] = {
        "managers": list(managers.ids),
        "spelled": list(spellings_of(area)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_AREAS, values)
        found = tuple(area_id for (area_id,) in cursor.fetchall())
    if not found:
        raise AreaNotFoundError
    return found


def _operator_id(managers: _Managers, operator_id: int | None) -> int | None:
    """Raises OperatorNotFoundError; an operator who has left is found too."""
    if not operator_id:
        return operator_id
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "managers": list(managers.ids),
            "operator": operator_id,
        }
        cursor.execute(_OPERATOR, values)
        if cursor.fetchone() is None:
            raise OperatorNotFoundError
    return operator_id


def _is_rebuilding(managers: _Managers) -> bool:
    values: dict[str, Any] = {
        "managers": list(managers.ids),
        "most": MOST_AT_ONCE,
        "version": VERSION,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REBUILDING, values)
        return bool(cursor.fetchone()[0])


def _rows(
    found: Report, by: tuple[str, ...], managers: _Managers
) -> list[dict[str, Any]]:
    names = {
        str(row.pk): row.facebook_id if row.number is None else row.number
        for row in managers.rows
    }

    def shown(key: Key) -> dict[str, Any]:
        return dict(
            _shown(group, value, managers, names)
            for group, value in zip(by, key, strict=True)
        )

    return [shown(key) | row for key, row in found.rows.items()]


def _shown(
    group: str, value: str, managers: _Managers, names: Mapping[str, Any]
) -> tuple[str, Any]:
    if group == "area":
        return "area", managers.codes.get(int(value), "") if value != "0" else ""
    if group == "operator":
        return "operatorId", value
    if group == "manager":
        return "m", names.get(value)
    if group in ("hour", "weekday"):
        return group, int(value)
    return group, value
