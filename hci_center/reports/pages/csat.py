"""csat/: customers' ratings and comments."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.models import Survey
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.report import Report, share
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages import charts
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import cohort_notes
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.row_lists import local_time
from hci_center.reports.pages.tables import Cell, Column, Table
from hci_center.reports.rows import rows_of

MOST_COMMENTS = 1000


class Csat(ReportPage):
    name = "csat"
    title = gettext_lazy("Satisfaction")

    def build(self, address: Address) -> Content:
        marks = figures(address.question("csat"))
        surveys = figures(address.question("answered_surveys"))
        sections = [
            _spread(address, marks),
            Section(_("Surveys"), _surveys(address, marks, surveys)),
        ]
        if address.reads_names:
            comments = Section(_("Comments"), _comments(address))
            comments.notes.append(
                _("Of the first %d marks of the period.") % MOST_COMMENTS
            )
            sections.append(comments)
        return Content(sections, ("csat", "answered_surveys"))


def _spread(address: Address, report: Report) -> Section:
    title = _("Marks")
    columns = [
        Column(_("Mark")),
        Column(_("Answers"), "count"),
        Column(_("Share"), "share"),
    ]
    table = Table("marks", title, columns)
    table.notes = cohort_notes({"csat": None})
    counts, of = report.total.get("marks", {}), report.total["of"]
    points = []
    for mark in map(str, range(5, 0, -1)):
        count = counts.get(mark, 0)
        link = rows_link(address, "csat", part="marks", value=mark) if count else ""
        table.add(mark, count, share(count, of), links=[link, link])
        points.append(charts.Point(mark, count, f"{mark}: {count}"))
    link = rows_link(address, "csat", part="of") if of else ""
    table.total = [
        Cell(_("Total")),
        Cell(of, "count", link),
        Cell(share(of, of), "share"),
    ]
    return Section(title, table, charts.bars(title, points))


def _surveys(address: Address, marks: Report, surveys: Report) -> Table:
    columns = [
        Column(_("Rate")),
        Column("n", "count"),
        Column(_("of"), "count"),
        Column(_("Share"), "share"),
    ]
    table = Table("surveys", _("Surveys"), columns)
    table.notes = cohort_notes({"csat": None, "answered_surveys": None})
    for name, report in (("csat", marks), ("answered_surveys", surveys)):
        total = report.total
        links = [
            rows_link(address, name, part=part) if total[key] else ""
            for part, key in (("n", "n"), ("of", "of"), ("n", "n"))
        ]
        values = (total["n"], total["of"], total["rate"])
        table.add(label_of(METRICS[name]), *values, links=links)
    lost = surveys.total.get("lost", 0)
    link = rows_link(address, "answered_surveys", part="lost") if lost else ""
    table.add(_("Not sent"), lost, None, None, links=[link, "", ""])
    return table


def _comments(address: Address) -> Table:
    columns = [
        Column(_("Answered"), "moment"),
        Column(_("Protocol")),
        Column(_("Mark"), "count"),
        Column(_("Comment")),
    ]
    table = Table("comments", _("Comments"), columns)
    found, _place = rows_of(address.question("csat"), MOST_COMMENTS, part="of")
    written = Survey.objects.filter(pk__in=[row.place.source for row in found])
    texts = dict(written.exclude(comment="").values_list("pk", "comment"))
    for row in reversed(found):
        if text := texts.get(row.place.source):
            answered = local_time(address, row.manager_id, row.ends)
            table.add(answered, row.protocol, row.mark, text)
    return table
