"""sla/: met and missed targets, and the targets in force."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area, Schedule
from hci_center.reports.computing.several import several
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.shares import Sla as SlaMetric
from hci_center.reports.pages.address import Address, Allowed
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.figure_tables import Figure, cohort_notes, group_table
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import GROUPS, label_of
from hci_center.reports.pages.links import rows_link
from hci_center.reports.pages.tables import Column, Table

TARGETS = tuple(
    name for name, metric in METRICS.items() if issubclass(metric, SlaMetric)
)
_CLOCKS = ("tme", "tmr1", "tmr", "resolution")


class Sla(ReportPage):
    name = "sla"
    title = gettext_lazy("Targets")
    choices: ClassVar[tuple[str, ...]] = ("by", "area", "operator", "channel")

    def allowed(self, query: QueryDict) -> Allowed:
        return Allowed(by=SlaMetric.by)

    def build(self, address: Address) -> Content:
        reports = several(address.question(TARGETS[0], address.by), TARGETS)
        columns = [
            Column(_("Target")),
            Column(_("Met"), "count"),
            Column(_("Missed"), "count"),
            Column(_("of"), "count"),
            Column(_("Share"), "share"),
        ]
        table = Table("targets", _("Met and missed"), columns)
        table.notes = cohort_notes(dict.fromkeys(reports))
        for name, report in reports.items():
            n, of, rate = (report.total[key] for key in ("n", "of", "rate"))
            links = [
                rows_link(address, name, part=part) if count else ""
                for part, count in (("n", n), ("rest", of - n), ("of", of), ("n", n))
            ]
            table.add(label_of(METRICS[name]), n, of - n, of, rate, links=links)
        shown = [Figure(name, "rate") for name in TARGETS]
        word = str(GROUPS[address.by])
        title = _("By %s") % word.lower()
        grouped = group_table(address, title, address.by, shown, reports)
        sections = [
            Section(_("Met and missed"), table),
            Section(title, grouped),
            Section(_("Targets in force"), _in_force(address)),
        ]
        return Content(sections, tuple(reports))


def _in_force(address: Address) -> Table:
    """The targets of managers, and of areas with their own hours, and since when."""
    columns = [
        Column(_("Manager")),
        Column(_("Area")),
        *(Column(label_of(METRICS[name]), "seconds") for name in _CLOCKS),
        Column(_("Since"), "moment"),
    ]
    table = Table("in-force", _("Targets in force"), columns)
    managers = address.scope.covered
    areas = Area.objects.filter(manager__in=address.scope.ids, schedule_id__gt=0)
    own = list(areas.order_by("name").values_list("manager_id", "name", "schedule_id"))
    ids = [row.schedule_id for row in managers] + [row[2] for row in own]
    schedules = Schedule.objects.in_bulk([pk for pk in ids if pk is not None])
    for manager in managers:
        named = [(_("all"), manager.schedule_id)]
        named += [(name, pk) for owner, name, pk in own if owner == manager.pk]
        for name, pk in named:
            schedule = schedules.get(pk or 0)
            if schedule is not None:
                since: datetime = schedule.valid_from
                targets = [schedule.targets.get(each) or None for each in _CLOCKS]
                zone = ZoneInfo(manager.time_zone)
                table.add(manager.name, name, *targets, since.astimezone(zone))
    return table
