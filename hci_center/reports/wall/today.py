"""Today's figures, compared with the same weekday of the previous four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hci_center.callers import Caller
from hci_center.reports.answers import ReportRequest, report
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages.charts import Point, columns
from hci_center.reports.pages.labels import label_of
from hci_center.reports.pages.outcomes import OUTCOMES
from hci_center.reports.pages.tables import clock_text

WEEKS = 4


@dataclass(frozen=True, slots=True)
class Median:
    """The median of today and that of the previous days; "–" without samples."""  # noqa: RUF002

    title: str
    today: str
    usual: str


@dataclass(frozen=True, slots=True)
class Today:
    at: datetime
    opened: int
    closed: int
    # Labels with their counts, without zeros.
    outcomes: list[tuple[str, int]]
    hours: SafeString
    medians: list[Median]


def today_of(caller: Caller) -> Today:
    """Returns today's figures, in the time zone of the managers if they share one."""
    opened = report(caller, ReportRequest("opened", by=("hour",)))
    closed = report(caller, ReportRequest("closed"))
    counts = closed["total"].get("outcomes", {})
    day = date.fromisoformat(opened["to"])
    return Today(
        at=timezone.now(),
        opened=opened["total"].get("count", 0),
        closed=closed["total"].get("count", 0),
        outcomes=[
            (str(word), counts[outcome])
            for outcome, word in OUTCOMES.items()
            if counts.get(outcome)
        ],
        hours=_chart(opened["rows"], opened["zone"]),
        medians=[_median(caller, metric, day) for metric in ("tme", "tmr1")],
    )


def _chart(rows: list[dict[str, Any]], zone: str | None) -> SafeString:
    by_hour = {int(row["hour"]): row["count"] for row in rows}
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


def _median(caller: Caller, metric: str, day: date) -> Median:
    request = ReportRequest(
        metric, since=day - timedelta(weeks=WEEKS), until=day, by=("day",)
    )
    medians = {row["day"]: row["median"] for row in report(caller, request)["rows"]}
    before = [(day - timedelta(weeks=n)).isoformat() for n in range(1, WEEKS + 1)]
    usual = [medians[one] for one in before if medians.get(one) is not None]
    return Median(
        str(label_of(METRICS[metric])),
        _text(medians.get(day.isoformat())),
        _text(median_low(usual) if usual else None),
    )


def _text(seconds: int | None) -> str:
    return "–" if seconds is None else clock_text(seconds)  # noqa: RUF001
