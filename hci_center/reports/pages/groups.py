"""areas/ and operators/: the figures of each area or operator."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.computing.report import Report
from hci_center.reports.computing.several import several
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import Figure, group_table
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import key_labels, label_of
from hci_center.reports.pages.tables import clock_text

MOST_BARS = 40


def _duration(metric: str) -> tuple[Figure, ...]:
    return (
        Figure(metric, "n", "n"),
        Figure(metric, "median", gettext_lazy("median")),
        Figure(metric, "p90", "p90"),
    )


class GroupPage(ReportPage):
    """A row for each area or operator; the chart shows one of the durations."""

    group: ClassVar[str]
    charted: ClassVar[str]
    figures: ClassVar[tuple[Figure, ...]]
    choices: ClassVar[tuple[str, ...]] = ("clock", "area", "operator", "channel")

    def build(self, address: Address) -> Content:
        metrics = dict.fromkeys(figure.metric for figure in self.figures)
        question = address.question(self.charted, self.group)
        reports = several(question, metrics, (address.clock,))
        title = str(self.title)
        table = group_table(address, title, self.group, self.figures, reports)
        chart = ""
        if self.charted in reports:
            chart = _bars(address, self.group, self.charted, reports[self.charted])
        return Content([Section(title, table, chart)], tuple(reports))


class Areas(GroupPage):
    name = "areas"
    title = gettext_lazy("Areas")
    group, charted = "area", "tme"
    figures = (
        *_duration("tme"),
        Figure("unserved", "n", "n"),
        Figure("queue", "median", gettext_lazy("median")),
        *_duration("tma"),
        Figure("lost", "rate"),
        Figure("sla_tme", "rate"),
        Figure("sla_tmr1", "rate"),
        Figure("transfer", "rate"),
        Figure("bounce", "rate"),
        Figure("requeues", "count"),
    )


class Operators(GroupPage):
    name = "operators"
    title = gettext_lazy("Operators")
    group, charted = "operator", "tmr1"
    figures = (
        Figure("tma", "n", title=gettext_lazy("Held")),
        Figure("resolution", "n", title=gettext_lazy("Resolved")),
        Figure("transfer", "n", title=gettext_lazy("Transfers made")),
        *_duration("tmr1"),
        *_duration("tmr"),
        Figure("tma", "median", gettext_lazy("median")),
        Figure("tma", "p90", "p90"),
        *_duration("reaction"),
        Figure("csat", "rate"),
        Figure("csat", "of", "n", part="of"),
        Figure("occupancy", "online", title=gettext_lazy("Time online")),
        Figure("occupancy", "rate"),
        Figure("concurrency", "mean"),
        Figure("pauses", "sum"),
    )


def _bars(address: Address, group: str, metric: str, report: Report) -> str:
    rows: list[tuple[str, Any]] = [
        (key, row["business"] | {"n": row["n"]} if address.clock == "business" else row)
        for (key,), row in report.rows.items()
    ]
    rows = sorted(rows, key=lambda row: -row[1]["median"])[:MOST_BARS]
    if not rows:
        return ""
    labels = key_labels(address, group, [key for key, _row in rows])
    points = [
        charts.Point(
            labels[key],
            row["median"],
            _("%(label)s: median %(median)s, p90 %(p90)s, n = %(n)s")
            % {
                "label": labels[key],
                "median": clock_text(row["median"]),
                "p90": clock_text(row["p90"]),
                "n": row["n"],
            },
            row["p90"],
        )
        for key, row in rows
    ]
    return charts.bars(label_of(METRICS[metric]), points)
