"""delivery/: how fast messages were sent and delivered, and why they failed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Channel
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.report import Figures, Report, share
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import Address, Allowed
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.failures import next_step, reason_of
from hci_center.reports.pages.figure_tables import cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import GROUPS, key_labels, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.row_lists import local_time
from hci_center.reports.pages.tables import Cell, Column, Table, millis_text

METRIC = "delivery"
MOST_BARS = 40
MOST_LINKED = 60
# Waiting messages per account, by the index of due deliveries.
_WAITING = """
SELECT d.manager_id, d.channel, count(*), min(d.queued_at),
       (array_agg(m.error ORDER BY d.queued_at, d.message_id))[1]
  FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
 WHERE d.done_at IS NULL AND d.manager_id = ANY(%(managers)s)
   AND (%(channel)s::text IS NULL OR d.channel = %(channel)s)
 GROUP BY 1, 2 ORDER BY 4
"""


class Delivery(ReportPage):
    name = "delivery"
    title = gettext_lazy("Delivery")
    choices: ClassVar[tuple[str, ...]] = ("by", "channel")

    def allowed(self, query: QueryDict) -> Allowed:
        return Allowed(by=tuple(METRICS[METRIC].by))

    def build(self, address: Address) -> Content:
        metric = METRICS[METRIC]
        if not {*address.filters} <= {*metric.by}:
            note = self.unfiltered(address, metric)
            return Content([Section(label_of(metric), notes=[note])], (METRIC,))
        found = figures(address.question(METRIC, address.by))
        sections = [
            _times(address, found),
            Section(
                _("Failures by reason"),
                _failures(address, found.total),
                is_wrapped=True,
            ),
            Section(_("Waiting now"), _waiting(address), is_wrapped=True),
        ]
        return Content(sections, (METRIC,))


def _times(address: Address, found: Report) -> Section:
    columns = [
        Column(str(GROUPS[address.by]), key=address.by),
        Column(_("Queued"), "count", "n"),
        Column(_("Until sent, half, in seconds"), "millis", "p50"),
        Column(_("Until sent, 95 in 100, in seconds"), "millis", "p95"),
        Column(_("From sent to delivered, half, in seconds"), "millis", "d50"),
        Column(_("From sent to delivered, 95 in 100, in seconds"), "millis", "d95"),
        Column(_("Delivered"), "count", "delivered"),
        Column(_("Failed"), "count", "failed"),
        Column(_("Share of failures"), "share", "share"),
    ]
    title = _("Times of sending")
    table = Table(METRIC, title, columns, sort="")
    table.notes = cohort_notes({METRIC: None})
    labels = key_labels(address, address.by, [key for (key,) in found.rows])
    is_linked = len(found.rows) <= MOST_LINKED
    for (key,), row in found.rows.items():
        keys = [(address.by, key)]
        # A page of many days with a link in each cell would be too large.
        first = [rows_link(address, METRIC, keys) if row["n"] else ""]
        links = _links(address, row, keys) if is_linked else [*first, *[""] * 7]
        table.add(labels[key], *_values(row), links=links)
    total = found.total
    table.total = table.cells(
        _("Total"), *_values(total), links=_links(address, total, [])
    )
    chart = _chart(address, found, labels) if found.rows else ""
    notes = [_("Bar: half were sent sooner; tick: 95 in 100 were.")] if chart else []
    return Section(title, table, chart, notes)


def _values(row: Figures) -> list[Any]:
    failed = sum(row["failed"].values())
    delivered = row["delivered"]
    return [
        row["n"], row["p50"], row["p95"], delivered["p50"], delivered["p95"],
        delivered["n"], failed, share(failed, row["n"]),
    ]  # fmt: skip


def _links(address: Address, row: Figures, keys: list[tuple[str, str]]) -> list[str]:
    def link(part: str, count: int) -> str:
        return rows_link(address, METRIC, keys, part) if count else ""

    sent, delivered = (
        link("sent", row["sent"]),
        link("delivered", row["delivered"]["n"]),
    )
    failed = link("failed", sum(row["failed"].values()))
    return [
        link("", row["n"]), sent, sent, delivered, delivered, delivered, failed, failed,
    ]  # fmt: skip


def _chart(address: Address, found: Report, labels: dict[str, str]) -> str:
    points = []
    for (key,), row in found.rows.items():
        text = f"{labels[key]}: n = {row['n']}"
        if row["p50"] is not None:
            text = _(
                "%(label)s: half in %(half)s s, 95 in 100 in %(most)s s, n = %(n)s"
            ) % {
                "label": labels[key],
                "half": millis_text(row["p50"]),
                "most": millis_text(row["p95"]),
                "n": row["sent"],
            }
        points.append(charts.Point(labels[key], row["p50"], text, row["p95"]))
    title = _("Times of sending")
    if address.by in ("day", "week", "month"):
        return charts.columns(title, points)
    return charts.bars(title, points[:MOST_BARS])


def _failures(address: Address, total: Figures) -> Table:
    columns = [
        Column(_("Reason")),
        Column(_("Code")),
        Column(_("Messages"), "count"),
        Column(_("Share of the queued"), "share"),
        Column(_("What to do")),
    ]
    table = Table("failures", _("Failures by reason"), columns)
    most_first = sorted(total["failed"].items(), key=lambda one: (-one[1], one[0]))
    for code, count in most_first:
        link = rows_link(address, METRIC, part="failed", value=code)
        table.rows.append(
            [
                Cell(reason_of(code)),
                Cell(code),
                Cell(count, "count", link),
                Cell(share(count, total["n"]), "share", link),
                Cell(next_step(code)),
            ]
        )
    return table


def _waiting(address: Address) -> Table:
    columns = [
        Column(_("Manager")),
        Column(_("Channel")),
        Column(_("Messages"), "count"),
        Column(_("The oldest since"), "moment"),
        Column(_("Why")),
    ]
    table = Table("waiting", _("Waiting now"), columns)
    channels = dict(Channel.choices)
    values = {"managers": list(address.scope.ids), "channel": address.channel}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        for manager_id, channel, count, oldest, error in cursor.fetchall():
            table.add(
                address.scope.managers[manager_id].name,
                str(channels[channel]),
                count,
                local_time(address, manager_id, oldest),
                error,
            )
    return table
