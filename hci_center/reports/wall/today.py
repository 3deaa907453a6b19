"""Today's figures, compared with the same weekday of the previous four weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from statistics import median_low
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hci_center.callers import Caller
from hci_center.reports import replica
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages.charts import Point, columns
from hci_center.reports.pages.labels import label_of
from hci_center.reports.pages.outcomes import OUTCOMES
from hci_center.reports.pages.tables import clock_text
from hci_center.reports.scope import Managers, find_managers
from managers.models import Manager

WEEKS = 4
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Median:
    """The median of today and that of the previous days; "–" without samples."""  # noqa: RUF002

    title: str
    today: str
    usual: str


@dataclass(frozen=True, slots=True)
class Today:
    """The figures of one day; `names` are its managers', if the others have another day."""

    day: date
    names: str
    opened: int
    closed: int
    # Words and how many, without those that nobody had.
    outcomes: list[tuple[str, int]]
    hours: SafeString
    medians: list[Median]


def todays_of(caller: Caller) -> list[Today]:
    """Returns the figures of today: of each day that it is where the managers are."""
    now = timezone.now()
    by_day: dict[date, list[Manager]] = {}
    for row in find_managers(caller, None).rows:
        day = now.astimezone(ZoneInfo(row.time_zone)).date()
        by_day.setdefault(day, []).append(row)
    names = _names(by_day) if len(by_day) > 1 else {}
    return [
        replica.read(partial(_today, Managers(by_day[day]), day, names.get(day, "")))
        for day in sorted(by_day)
    ]


def _today(managers: Managers, day: date, names: str) -> Today:
    asked = Question("opened", managers.ids, day, day, ("hour",))
    opened = figures(asked)
    closed = figures(replace(asked, metric="closed", by=()))
    counts = closed.total.get("outcomes", {})
    by_hour = {int(hour): row["count"] for (hour,), row in opened.rows.items()}
    return Today(
        day=day,
        names=names,
        opened=opened.total["count"],
        closed=closed.total["count"],
        outcomes=[
            (str(word), counts[outcome])
            for outcome, word in OUTCOMES.items()
            if counts.get(outcome)
        ],
        hours=_chart(by_hour, managers.zone),
        medians=[_median(asked, metric) for metric in ("tme", "tmr1")],
    )


def _names(by_day: dict[date, list[Manager]]) -> dict[date, str]:
    ids = {row.pk for rows in by_day.values() for row in rows}
    names = dict(Manager.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        day: _listed(sorted(names.get(row.pk, "") for row in rows))
        for day, rows in by_day.items()
    }


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" (+{more})" if more > 0 else "")


def _chart(by_hour: dict[int, int], zone: str | None) -> SafeString:
    now = timezone.now().astimezone(ZoneInfo(zone or settings.TIME_ZONE))
    last = max([now.hour, *by_hour])
    points = []
    for hour in range(min([now.hour, *by_hour]), last + 1):
        count = by_hour.get(hour, 0)
        text = ngettext(
            "%(hour)s h: %(count)d chat", "%(hour)s h: %(count)d chats", count
        )
        label = _("%s h") % hour
        points.append(Point(label, count, text % {"hour": hour, "count": count}))
    return columns(_("Chats opened today, by hour"), points)


def _median(asked: Question, metric: str) -> Median:
    day = asked.until
    since = day - timedelta(weeks=WEEKS)
    found = figures(replace(asked, metric=metric, since=since, by=("day",)))
    medians = {key: row["median"] for (key,), row in found.rows.items()}
    before = [(day - timedelta(weeks=n)).isoformat() for n in range(1, WEEKS + 1)]
    usual = [medians[one] for one in before if medians.get(one) is not None]
    return Median(
        str(label_of(METRICS[metric])),
        _text(medians.get(day.isoformat())),
        _text(median_low(usual) if usual else None),
    )


def _text(seconds: int | None) -> str:
    return "–" if seconds is None else clock_text(seconds)  # noqa: RUF001
