"""definitions/: the definition of each metric, generated from the metrics."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import GROUPS, cohort_of, label_of
from hci_center.reports.pages.tables import Column, Table, is_portuguese


class Definitions(ReportPage):
    name = "definitions"
    title = gettext_lazy("Definitions")
    choices: ClassVar[tuple[str, ...]] = ()
    has_period = False

    def build(self, address: Address) -> Content:
        columns = [
            Column(_("Figure")),
            Column(_("Name in the API")),
            Column(_("Formula")),
            Column(_("Counted")),
            Column(_("Clocks")),
            Column(_("Without data")),
            Column(_("By")),
            Column(_("Version"), "count"),
        ]
        table = Table("definitions", str(self.title), columns)
        language = "pt-br" if is_portuguese() else "en"
        clocks = {"calendar": _("calendar"), "business": _("open hours")}
        for name, metric in METRICS.items():
            table.add(
                label_of(metric),
                name,
                metric.formula[language],
                cohort_of(metric),
                ", ".join(clocks[each] for each in metric.clocks),
                metric.null[language],
                ", ".join(str(GROUPS[each]) for each in metric.by),
                metric.version,
            )
        section = Section(str(self.title), table)
        section.is_wrapped = True
        return Content([section])
