"""checks/: the findings of the nightly checks."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.models import Chat
from hci_center.reports.models import Check, Run
from hci_center.reports.pages.address import Address
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.tables import Column, Table, day_text

MOST_RUNS, MOST_FINDINGS = 31, 200
WORDS: dict[str, Any] = {
    "kept": gettext_lazy("What was kept differs from what was computed"),
    "L1": gettext_lazy("An open chat and its contact have other areas or operators"),
    "L2": gettext_lazy("Closed by its row and open by its lines, or the reverse"),
    "L3": gettext_lazy("The first line is no opening"),
    "L4": gettext_lazy("A line is older than the one before"),
    "H2": gettext_lazy("A contact is held by somebody inactive"),
    "H1": gettext_lazy("Nobody who works can take an open chat"),
    "M1": gettext_lazy("Unread messages are counted wrongly"),
    "M2": gettext_lazy("The time of a contact's last message is wrong"),
    "M3": gettext_lazy("Whether or since when somebody waits is wrong, or a clock"),
    "M4": gettext_lazy("A delivery is over and its message waits, or its times cross"),
    "R3": gettext_lazy("The feed has rows older than 48 hours"),
    "R4": gettext_lazy("A file without its row, or a row without its file"),
    "R5": gettext_lazy("An erased person is here again"),
}


class Checks(ReportPage):
    name = "checks"
    title = gettext_lazy("Checks")
    choices: ClassVar[tuple[str, ...]] = ()
    has_period = False

    def build(self, address: Address) -> Content:
        sections = [Section(_("Findings"), _findings(address))]
        # Runs count the findings of all managers.
        if address.sees_all:
            sections.insert(0, Section(_("Nightly checks"), _runs()))
        return Content(sections)


def _runs() -> Table:
    columns = [
        Column(_("Day")),
        Column(_("Ended"), "moment"),
        Column(_("Chats computed anew"), "count"),
        Column(_("Findings"), "count"),
        Column(_("Durations below zero"), "count"),
    ]
    table = Table("runs", _("Nightly checks"), columns)
    zone = ZoneInfo(settings.TIME_ZONE)
    for run in Run.objects.order_by("-day")[:MOST_RUNS]:
        ended = run.ended_at and run.ended_at.astimezone(zone)
        table.add(day_text(run.day), ended, run.chats, run.findings, run.clamped)
    return table


def _findings(address: Address) -> Table:
    columns = [
        Column(_("Found"), "moment"),
        Column(_("Manager")),
        Column(_("Protocol")),
        Column(_("Finding")),
        Column(_("Kept")),
        Column(_("Computed")),
    ]
    table = Table("findings", _("Findings"), columns)
    visible = Q(manager_id__in=address.scope.ids)
    if address.sees_all and address.scope.chosen is None:
        visible |= Q(manager_id__isnull=True)
    rows = Check.objects.filter(visible).order_by("-at")
    found = list(rows[:MOST_FINDINGS])
    ids = [check.chat_id for check in found if check.chat_id is not None]
    protocols = dict(Chat.objects.filter(pk__in=ids).values_list("pk", "protocol"))
    for check in found:
        manager = address.scope.managers.get(check.manager_id or 0)
        zone = manager.time_zone if manager else settings.TIME_ZONE
        table.add(
            check.at.astimezone(ZoneInfo(zone)),
            manager.name if manager else "",
            protocols.get(check.chat_id or 0, ""),
            str(WORDS.get(check.check_code, check.check_code)),
            _row(check.kept),
            _row(check.computed),
        )
    return table


def _row(kept: Any) -> str:
    return "" if kept is None else orjson.dumps(kept).decode()
