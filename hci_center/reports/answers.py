"""Answers POST report: figures with the codes and ids that the API shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import public_id
from hci_center.callers import Caller
from hci_center.errors import InvalidError
from hci_center.reports import replica
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import (
    MOST_AT_ONCE,
    OwnPeriod,
    Question,
    own_periods,
)
from hci_center.reports.computing.report import Key, Report
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import VERSION, Metric
from hci_center.reports.rows import OF_ALL, ForeignPlaceError, Part, Place, Row, rows_of
from hci_center.reports.scope import (
    Managers,
    find_areas,
    find_managers,
    find_operator,
)
from hci_center.times import as_time

MOST_DAYS = 400
MOST_ROWS = 10_000
# Within this time after a closing, customers may still come back.
RETURN_DAYS = 3

# More chats are marked than are computed live, or stored rows have an earlier version.
_REBUILDING = """
SELECT (SELECT count(*) FROM (
          SELECT 1 FROM report_dirty d JOIN chats_chat h ON h.id = d.chat_id
           WHERE d.failures = 0 AND h.manager_id = ANY(%(managers)s)
           LIMIT %(most)s + 1) d) > %(most)s
       OR coalesce((SELECT min(version) FROM report_episode) < %(version)s, false)
"""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The request of a caller, with names as given."""

    metric: str
    since: date | None = None
    until: date | None = None
    by: tuple[str, ...] = ()
    manager_id: int | None = None
    area: str | None = None
    operator_id: int | None = None
    channel: str | None = None
    # For rows: an hour of the day, and a day of the week from 1 (Monday).
    hour: int | None = None
    weekday: int | None = None
    # Of the metric's `valued_part`.
    value: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with its names resolved."""

    question: Question
    managers: Managers
    at: datetime
    today: date


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
    asked = _asked(caller, request)
    question, managers = asked.question, asked.managers
    metric = question.definition
    found = replica.read(lambda: figures(question))
    if len(found.rows) > MOST_ROWS:
        raise InvalidError({"by": [_("This gives more than %d rows.") % MOST_ROWS]})
    answer = {
        "metric": request.metric,
        "version": metric.version,
        "cohort": metric.cohort,
        "unit": metric.unit,
        "zone": managers.zone,
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
        "at": as_time(asked.at),
        "provisional": is_provisional(metric, question.until, asked.today),
        "rebuilding": is_rebuilding(managers.ids),
        "by": list(request.by),
        "rows": _rows(found, request.by, managers),
        "total": found.total,
    }
    return replica.with_source(answer)


def report_rows(
    caller: Caller,
    request: ReportRequest,
    limit: int,
    after: str | None = None,
    part: Part = "n",
) -> tuple[list[Row], str | None, Managers]:
    """Returns a page of the rows that the figure counts, and the next `after`.

    `part` of a share selects the numerator (`n`), the denominator (`of`) or the rest.
    Without `next` it was the last page. All reads of rows go through here, so access is
    recorded here. Raises the errors of `report`, and InvalidError for an `after` of
    other rows.
    """
    if part not in (*OF_ALL, *METRICS[request.metric].parts):
        raise InvalidError({"part": [_("This metric has no %s.") % part]})
    if request.value is not None and part != METRICS[request.metric].valued_part:
        raise InvalidError({"value": [_("This part has no values.")]})
    asked = _asked(caller, request)
    filters = repr((asked.question, part))
    place = None
    if after is not None:
        try:
            place = Place.decode(after, filters)
        except ForeignPlaceError as error:
            sentence = _("This is not the `next` of rows with these filters.")
            raise InvalidError({"after": [sentence]}) from error
    found, place = replica.read(lambda: rows_of(asked.question, limit, place, part))
    following = None if place is None else place.encode(filters)
    return found, following, asked.managers


def row_shapes(rows: list[Row], managers: Managers) -> list[dict[str, Any]]:
    """Returns rows as the API shows them: ids, and neither names nor texts."""
    return [_row_shape(row, managers) for row in rows]


def _row_shape(row: Row, managers: Managers) -> dict[str, Any]:
    shape = {
        "protocol": row.protocol,
        "contactId": _contact(row),
        "m": managers.name(row.manager_id),
        "area": None if row.area_id is None else managers.codes.get(row.area_id, ""),
        "operatorId": None if row.operator_id is None else str(row.operator_id),
        "channel": row.channel,
        "from": as_time(row.begins),
        "to": None if row.ends is None else as_time(row.ends),
        "seconds": row.seconds,
        "business": row.business,
    }
    return shape if row.mark is None else shape | {"mark": row.mark}


def _contact(row: Row) -> int | str | None:
    if row.contact_channel is None or row.external_id is None:
        return None
    return public_id(row.contact_channel, row.external_id)


def _asked(caller: Caller, request: ReportRequest) -> _Asked:
    """Resolves the names of a request. Raises InvalidError and not-found errors."""
    _validate(METRICS[request.metric], request)
    managers = find_managers(caller, request.manager_id)
    now = timezone.now()
    todays = managers.todays(now)
    today = max(todays.values(), default=now.date())
    since, until, own = _period(request, todays, today)
    question = Question(
        request.metric,
        managers.ids,
        since,
        until,
        request.by,
        find_areas(managers, request.area),
        find_operator(managers, request.operator_id),
        request.channel,
        request.hour,
        request.weekday,
        request.value,
        own,
    )
    return _Asked(question, managers, now, today)


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


def _period(
    request: ReportRequest, todays: Mapping[int, date], today: date
) -> tuple[date, date, tuple[OwnPeriod, ...]]:
    """Returns the period; without days, today: that of each manager where it is."""
    if request.since is None and request.until is None:
        return own_periods({pk: (day, day) for pk, day in todays.items()}, today)
    since = request.since or request.until or today
    until = request.until or max(since, today)
    if since > until:
        raise InvalidError({"from": [_("This is after the end of the period.")]})
    if (until - since).days >= MOST_DAYS:
        sentence = _("A period has at most %d days.") % MOST_DAYS
        raise InvalidError({"from": [sentence]})
    return since, until, ()


def is_provisional(metric: type[Metric], until: date, today: date) -> bool:
    """Whether the figures of a period with that end may still change."""
    settled = today - timedelta(days=RETURN_DAYS if metric.waits_for_return else 0)
    return until >= settled


def is_rebuilding(managers: Sequence[int]) -> bool:
    """Whether stored rows of the managers are being rebuilt."""
    values: dict[str, Any] = {
        "managers": list(managers),
        "most": MOST_AT_ONCE,
        "version": VERSION,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REBUILDING, values)
        return bool(cursor.fetchone()[0])


def _rows(
    found: Report, by: tuple[str, ...], managers: Managers
) -> list[dict[str, Any]]:
    def shown(key: Key) -> dict[str, Any]:
        return dict(
            _shown(group, value, managers) for group, value in zip(by, key, strict=True)
        )

    return [shown(key) | row for key, row in found.rows.items()]


def _shown(group: str, value: str, managers: Managers) -> tuple[str, Any]:
    if group == "area":
        return "area", managers.codes.get(int(value), "") if value != "0" else ""
    if group == "operator":
        return "operatorId", value
    if group == "manager":
        return "m", managers.name(int(value))
    if group in ("hour", "weekday"):
        return group, int(value)
    return group, value
