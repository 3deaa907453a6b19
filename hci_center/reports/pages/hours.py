"""hours/: a figure by hour and weekday, as a heat map."""

from __future__ import annotations

from typing import ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.computing.figures import figures
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Duration
from hci_center.reports.pages.address import Address, Allowed
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import Figure, cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import WEEKDAYS, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.tables import Cell, Column, Table

SHADES = 5
# For messages: the incoming ones.
_STATISTICS = {"messages": "in"}


class Hours(ReportPage):
    name = "hours"
    title = gettext_lazy("Hours")
    choices: ClassVar[tuple[str, ...]] = (
        "metric", "clock", "area", "operator", "channel",
    )  # fmt: skip

    def allowed(self, query: QueryDict) -> Allowed:
        wanted = (
            "opened",
            "messages",
            "new_contacts",
            "tme",
            "tmr1",
            "tmr",
            "closed",
            "reopened",
        )
        return Allowed(tuple(name for name in wanted if name in METRICS))

    def build(self, address: Address) -> Content:
        metric = METRICS[address.metric]
        title = label_of(metric)
        if address.metric in _STATISTICS:
            title = _("Messages of customers")
        if not {*address.filters} <= {*metric.by}:
            return Content([Section(title, notes=[self.unfiltered(address, metric)])])
        is_duration = issubclass(metric, Duration)
        part = _STATISTICS.get(address.metric, "")
        statistic = "median" if is_duration else part or "count"
        figure = Figure(address.metric, statistic, part=part)
        found = figures(address.question(address.metric, "hour", "weekday"))
        values = {
            key: figure.value(row, address.clock) for key, row in found.rows.items()
        }
        most = max((value for value in values.values() if value), default=0)
        columns = [Column(str(gettext_lazy("Hour")))]
        columns += [Column(str(name), figure.kind) for name in WEEKDAYS.values()]
        table = Table("hours", title, columns)
        table.notes = cohort_notes({address.metric: None})
        for hour in map(str, range(24)):
            row = [Cell(f"{int(hour):02}:00")]
            for weekday in WEEKDAYS:
                value = values.get((hour, weekday), 0 if not is_duration else None)
                keys = [("hour", hour), ("weekday", weekday)]
                has_rows = value is not None and (hour, weekday) in values
                link = ""
                if has_rows and not (part and not value):
                    link = rows_link(address, address.metric, keys, part)
                row.append(Cell(value, figure.kind, link, _shade(value, most)))
            table.rows.append(row)
        return Content([Section(title, table)], (address.metric,))


def _shade(value: int | None, most: int) -> str:
    if not value:
        return ""
    return f"bo-heat-{max(1, -(-value * SHADES // most))}"
