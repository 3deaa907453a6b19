"""Tables of several metrics: a row for each group, a column for each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from hci_center.reports.computing.report import Figures, Report
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.labels import GROUPS, cohort_of, key_labels, label_of
from hci_center.reports.pages.links import group_links, rows_link
from hci_center.reports.pages.tables import Cell, Column, Kind, Table

_KINDS: Mapping[str, Kind] = {
    "n": "count",
    "of": "count",
    "count": "count",
    "in": "count",
    "rate": "share",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A column: a number of a metric. `statistic` is its key in a row of the report."""

    metric: str
    statistic: str
    # Added to the metric's own name, or shown instead of it.
    word: Any = ""
    title: Any = ""
    # The rows that it links to: for a share also the denominator.
    part: str = ""

    @property
    def kind(self) -> Kind:
        if self.statistic == METRICS[self.metric].unit == "mean":
            return "decimal"
        return _KINDS.get(self.statistic, "seconds")

    @property
    def column(self) -> Column:
        name = self.title or label_of(METRICS[self.metric])
        title = f"{name}, {self.word}" if self.word else name
        return Column(str(title), self.kind, f"{self.metric}.{self.statistic}")

    def value(self, row: Figures | None, clock: str) -> Any:
        if row is None:
            return 0 if self.kind == "count" else None
        if self.kind == "seconds" and clock == "business":
            row = row.get("business", row)
        return row.get(self.statistic)


def group_table(
    address: Address,
    title: str,
    group: str,
    shown: Sequence[Figure],
    reports: Mapping[str, Report],
) -> Table:
    """Returns a table by a group, with totals, without values that a metric lacks."""
    shown = [figure for figure in shown if figure.metric in reports]
    keys = dict.fromkeys(
        key for figure in shown for (key,) in reports[figure.metric].rows
    )
    labels = key_labels(address, group, keys)
    columns = [Column(str(GROUPS[group]), key=group)]
    columns += [figure.column for figure in shown]
    table = Table(group, title, columns, sort="")
    table.notes = cohort_notes(dict.fromkeys(figure.metric for figure in shown))
    links = [
        group_links(address, figure.metric, figure.part, group) for figure in shown
    ]
    for key in sorted(keys, key=lambda each: labels[each].casefold()):
        cells = [Cell(labels[key])]
        for figure, link in zip(shown, links, strict=True):
            row = reports[figure.metric].rows.get((key,))
            value = figure.value(row, address.clock)
            cells.append(Cell(value, figure.kind, link(key) if value else ""))
        table.rows.append(cells)
    table.total = [Cell(_("Total"))]
    for figure in shown:
        value = figure.value(reports[figure.metric].total, address.clock)
        whole = rows_link(address, figure.metric, part=figure.part) if value else ""
        table.total.append(Cell(value, figure.kind, whole))
    return table


def cohort_notes(metrics: Mapping[str, Any]) -> list[str]:
    """Returns notes on which day counts for which figures: event or closing."""
    cohorts: dict[str, list[str]] = {}
    for name in metrics:
        cohorts.setdefault(cohort_of(METRICS[name]), []).append(label_of(METRICS[name]))
    return [
        f"{cohort.capitalize()}: {', '.join(names)}."
        for cohort, names in cohorts.items()
    ]
