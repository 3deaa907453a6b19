"""times/: one duration, by days or groups, with both clocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.computing.counted import BESIDE
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.report import Figures, Report
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Duration
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import CLOCKS, Address, Allowed
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import GROUPS, cohort_of, key_labels, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.tables import Column, Table, clock_text

DURATIONS = tuple(
    name for name, metric in METRICS.items() if issubclass(metric, Duration)
)
# A longer chart of names is not readable: the table has all.
MOST_BARS = 40
MOST_LINKED = 60
_STATISTICS = ("mean", "median", "p90", "max")
_UPRIGHT = ("day", "week", "month", "hour", "weekday")


class Times(ReportPage):
    name = "times"
    title = gettext_lazy("Times")
    choices: ClassVar[tuple[str, ...]] = (
        "metric", "by", "clock", "area", "operator", "channel",
    )  # fmt: skip

    def allowed(self, query: QueryDict) -> Allowed:
        metric = METRICS.get(query.get("metric", "").strip())
        by = metric.by if metric else METRICS[DURATIONS[0]].by
        return Allowed(DURATIONS, tuple(by))

    def build(self, address: Address) -> Content:
        metric = METRICS[address.metric]
        title = label_of(metric)
        if not {*address.filters} <= {*metric.by}:
            note = self.unfiltered(address, metric)
            return Content([Section(title, notes=[note])], (address.metric,))
        found = figures(address.question(address.metric, address.by))
        keys = [key for (key,) in found.rows]
        labels = key_labels(address, address.by, keys)
        table = _table(address, found, labels)
        chart = _chart(address, found, labels) if found.rows else ""
        section = Section(title, table, chart, [_legend(address)] if chart else [])
        return Content([section], (address.metric,))


def _table(address: Address, found: Report, labels: dict[str, str]) -> Table:
    metric = METRICS[address.metric]
    beside = BESIDE.get(address.metric, {})
    words = {
        "mean": _("mean"),
        "median": _("median"),
        "p90": _("p90"),
        "max": _("maximum"),
    }
    columns = [
        Column(str(GROUPS[address.by]), key=address.by),
        Column(f"n, {cohort_of(metric)}", "count", "n"),
        *(Column(words[name].capitalize(), "seconds", name) for name in _STATISTICS),
        *(
            Column(
                _("%s, open hours") % words[name].capitalize(), "seconds", f"b_{name}"
            )
            for name in _STATISTICS
        ),
        *(Column(_beside(name), "count", name) for name in beside),
    ]
    table = Table(address.metric, label_of(metric), columns, sort="")
    # A page of many days with a link in each cell would be too large.
    linked = None if len(found.rows) <= MOST_LINKED else 1
    for (key,), row in found.rows.items():
        links = _links(address, row, [(address.by, key)], beside)[:linked]
        values = _values(row, beside)
        links += [""] * (len(values) - len(links))
        table.add(labels[key], *values, links=links)
    links = _links(address, found.total, [], beside)
    table.total = table.cells(_("Total"), *_values(found.total, beside), links=links)
    return table


def _links(
    address: Address, row: Figures, keys: list[tuple[str, str]], beside: Iterable[str]
) -> list[str]:
    metric = address.metric
    link = rows_link(address, metric, keys) if row["n"] else ""
    links = [link] * (1 + 2 * len(_STATISTICS))
    for part in beside:
        links.append(rows_link(address, metric, keys, part) if row[part] else "")
    return links


def _values(row: Figures, beside: Any) -> list[Any]:
    return [
        row["n"],
        *(row[name] for name in _STATISTICS),
        *(row["business"][name] for name in _STATISTICS),
        *(row[name] for name in beside),
    ]


def _beside(name: str) -> str:
    return {
        "unserved": _("Never served"),
        "unanswered": _("Never answered"),
        "byPhone": _("Answered by the phone"),
        "first": _("Of these, the first answer"),
    }[name]


def _chart(address: Address, found: Report, labels: dict[str, str]) -> str:
    def clock(row: Figures) -> Figures:
        chosen: Figures = row["business"] if address.clock == "business" else row
        return chosen

    points = []
    for (key,), row in found.rows.items():
        median, p90 = clock(row)["median"], clock(row)["p90"]
        label = labels[key]
        text = f"{label}: n = {row['n']}"
        if median is not None:
            text = _("%(label)s: median %(median)s, p90 %(p90)s, n = %(n)s") % {
                "label": label,
                "median": clock_text(median),
                "p90": clock_text(p90),
                "n": row["n"],
            }
        points.append(charts.Point(label, median, text, p90))
    title = label_of(METRICS[address.metric])
    if address.by in _UPRIGHT:
        return charts.columns(title, points)
    return charts.bars(title, points[:MOST_BARS])


def _legend(address: Address) -> str:
    return _("Bar: median; tick: p90, %s.") % str(CLOCKS[address.clock])
