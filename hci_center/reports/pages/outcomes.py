"""outcomes/: how chats were opened and ended, and how many came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.report import Report, share
from hci_center.reports.computing.several import several
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import NO_VALUE, Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import key_labels, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.tables import Cell, Column, Table

SHARES = (
    "reopen",
    "recontact",
    "one_contact",
    "transfer",
    "bounce",
    "lost",
    "abandoned",
    "contained",
)
OUTCOMES: Mapping[str, Any] = {
    "resolved": gettext_lazy("Resolved"),
    "abandoned": gettext_lazy("Abandoned"),
    "lost": gettext_lazy("Lost in the queue"),
    "contained": gettext_lazy("Resolved by the bot"),
    "dropped": gettext_lazy("Given up inside the bot"),
    "other": gettext_lazy("Other (deleted, merged, imported)"),
}
ORIGINS: Mapping[str, Any] = {
    "customer": gettext_lazy("The customer"),
    "operator": gettext_lazy("An operator"),
    "": gettext_lazy("Not recorded"),
}


class Outcomes(ReportPage):
    name = "outcomes"
    title = gettext_lazy("Outcomes")

    def build(self, address: Address) -> Content:
        shares = several(address.question("closed"), SHARES)
        closed = figures(address.question("closed", "day"))
        sections = [
            _closed(address, closed),
            Section(_("Rates"), _rates(address, shares)),
        ]
        used = ["closed", *shares]
        if not address.filters:
            opened = figures(address.question("opened"))
            bot = figures(address.question("contained"))
            sections += [_opened(address, opened), _dropped(address, bot)]
            used.append("opened")
        return Content(sections, tuple(used))


def _closed(address: Address, report: Report) -> Section:
    columns = [
        Column(_("Outcome")),
        Column(_("Chats"), "count"),
        Column(_("Share"), "share"),
    ]
    table = Table("closed", _("Closed by outcome"), columns)
    table.notes = cohort_notes({"closed": None})
    total = report.total["count"]
    counts = report.total.get("outcomes", {})
    for outcome, word in OUTCOMES.items():
        count = counts.get(outcome, 0)
        link = rows_link(address, "closed", part=outcome) if count else ""
        table.add(str(word), count, share(count, total), links=[link, link])
    link = rows_link(address, "closed") if total else ""
    of_all = share(total, total)
    table.total = [
        Cell(_("Total")),
        Cell(total, "count", link),
        Cell(of_all, "share"),
    ]
    labels = key_labels(address, "day", [day for (day,) in report.rows])
    points = [
        charts.Point(labels[day], row["count"], f"{labels[day]}: {row['count']}")
        for (day,), row in report.rows.items()
    ]
    chart = charts.columns(_("Closed by day"), points) if points else ""
    return Section(_("Closed by outcome"), table, chart)


def _rates(address: Address, shares: Mapping[str, Report]) -> Table:
    columns = [
        Column(_("Rate")),
        Column("n", "count"),
        Column(_("of"), "count"),
        Column(_("Share"), "share"),
    ]
    table = Table("rates", _("Rates"), columns)
    table.notes = cohort_notes(dict.fromkeys(shares))
    for name, report in shares.items():
        total = report.total
        links = [
            rows_link(address, name) if total["n"] else "",
            rows_link(address, name, part="of") if total["of"] else "",
            rows_link(address, name) if total["n"] else "",
        ]
        values = (total["n"], total["of"], total["rate"])
        table.add(label_of(METRICS[name]), *values, links=links)
    return table


def _opened(address: Address, report: Report) -> Section:
    columns = [Column(_("Opened by")), Column(_("Chats"), "count")]
    title = label_of(METRICS["opened"])
    table = Table("opened", title, columns)
    table.notes = cohort_notes({"opened": None})
    for origin, count in report.total.get("origins", {}).items():
        link = rows_link(address, "opened", part="origins", value=origin or NO_VALUE)
        table.add(origin_text(origin), count, links=[link])
    total = report.total["count"]
    link = rows_link(address, "opened") if total else ""
    table.total = [Cell(_("Total")), Cell(total, "count", link)]
    return Section(title, table)


def _dropped(address: Address, report: Report) -> Section:
    title = _("Given up inside the bot, by step")
    columns = [Column(_("Step (sa)")), Column(_("Chats"), "count")]
    table = Table("dropped", title, columns)
    for step, count in report.total.get("dropped", {}).items():
        link = rows_link(address, "contained", part="dropped", value=step or NO_VALUE)
        table.add(step_text(step), count, links=[link])
    return Section(title, table)


def origin_text(origin: str) -> str:
    """Returns who opened a chat; "" is not recorded."""
    return str(ORIGINS.get(origin, origin))


def step_text(step: str) -> str:
    """Returns the step of a bot; "" is not recorded."""
    return step or _("not recorded")
