"""The first report page: twelve figures, compared with the previous period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.computing.questions import OwnPeriod
from hci_center.reports.computing.report import Report
from hci_center.reports.computing.several import several
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import Figure, cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import GROUPS, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.tables import Cell, Column, Table, day_text

TWELVE = (
    Figure("opened", "count"),
    Figure("closed", "count"),
    Figure("lost", "rate"),
    Figure("tme", "median"),
    Figure("tmr1", "median"),
    Figure("tmr", "median"),
    Figure("tma", "median"),
    Figure("resolution", "median"),
    Figure("sla_tmr1", "rate"),
    Figure("one_contact", "rate"),
    Figure("transfer", "rate"),
    Figure("csat", "rate"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A large figure, with that of the previous period and its days as small bars."""

    title: str
    text: str
    before: str
    link: str
    bars: str


class First(ReportPage):
    name = "first"
    title = gettext_lazy("Reports")

    def build(self, address: Address) -> Content:
        metrics = [figure.metric for figure in TWELVE]
        clocks = (address.clock,)
        now = several(address.question(metrics[0], "day"), metrics, clocks)
        since, until = before(address)
        own = tuple(_own_before(each) for each in address.own)
        question = address.question(metrics[0], since=since, until=until, own=own)
        earlier = several(question, metrics, clocks)
        shown = [figure for figure in TWELVE if figure.metric in now]
        tiles = [_tile(address, figure, now, earlier) for figure in shown]
        section = Section(
            _("Beside the period before"), _table(address, shown, now, earlier)
        )
        lacking = [label_of(METRICS[name]) for name in metrics if name not in now]
        if lacking:
            names = ", ".join(str(GROUPS[name]) for name in address.filters)
            section.notes.append(
                _("Without a figure by %(filters)s: %(figures)s.")
                % {"filters": names, "figures": ", ".join(lacking)}
            )
        return Content([section], tuple(now), tiles)


def before(address: Address) -> tuple[date, date]:
    """Returns the preceding period of the same length."""
    if address.own:
        earlier = [_own_before(each) for each in address.own]
        return min(one.since for one in earlier), max(one.until for one in earlier)
    length = address.until - address.since + timedelta(days=1)
    return address.since - length, address.until - length


def _own_before(own: OwnPeriod) -> OwnPeriod:
    length = own.until - own.since + timedelta(days=1)
    return OwnPeriod(own.manager_id, own.since - length, own.until - length)


def _tile(
    address: Address,
    figure: Figure,
    now: Mapping[str, Report],
    earlier: Mapping[str, Report],
) -> Tile:
    report, title = now[figure.metric], figure.column.title
    days = (address.until - address.since).days + 1
    values = []
    for place in range(days):
        day = (address.since + timedelta(days=place)).isoformat()
        values.append(figure.value(report.rows.get((day,)), address.clock))
    return Tile(
        title,
        _cell(figure, report, address).text,
        _cell(figure, earlier[figure.metric], address).text,
        rows_link(address, figure.metric),
        charts.sparkline(_("%s by day") % title, values),
    )


def _cell(figure: Figure, report: Report, address: Address) -> Cell:
    return Cell(figure.value(report.total, address.clock), figure.kind)


def _table(
    address: Address,
    shown: list[Figure],
    now: Mapping[str, Report],
    earlier: Mapping[str, Report],
) -> Table:
    since, until = before(address)
    columns = [
        Column(_("Figure")),
        Column(f"n, {day_text(address.since)} – {day_text(address.until)}", "count"),  # noqa: RUF001
        Column(_("In the period"), is_mixed=True),
        Column(f"n, {day_text(since)} – {day_text(until)}", "count"),  # noqa: RUF001
        Column(_("Before"), is_mixed=True),
    ]
    table = Table("figures", _("Figures"), columns)
    table.notes = cohort_notes(dict.fromkeys(figure.metric for figure in shown))
    for figure in shown:
        row = [Cell(figure.column.title + _median(figure))]
        for reports in (now, earlier):
            total = reports[figure.metric].total
            n = total.get("of", total.get("n", total.get("count")))
            cell = _cell(figure, reports[figure.metric], address)
            link = rows_link(address, figure.metric) if reports is now and n else ""
            part = "of" if figure.kind == "share" else ""
            of = rows_link(address, figure.metric, part=part) if link else ""
            row += [Cell(n, "count", of), Cell(cell.value, cell.kind, link)]
        table.rows.append(row)
    return table


def _median(figure: Figure) -> str:
    return f" ({_('median')})" if figure.kind == "seconds" else ""
