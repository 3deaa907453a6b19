"""rows/: lists the rows that a figure counts; their number is its n."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area, Operator
from contacts.models import Contact
from hci_center.reports import replica
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.presence_figures import NAMES
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Share
from hci_center.reports.models import FinalPresence
from hci_center.reports.pages.address import (
    Address,
    Allowed,
    WrongAddressError,
)
from hci_center.reports.pages.content import Content, Section
from hci_center.reports.pages.failures import reason_of
from hci_center.reports.pages.frame import ReportPage
from hci_center.reports.pages.labels import WEEKDAYS, cohort_of, label_of
from hci_center.reports.pages.outcomes import OUTCOMES, origin_text, step_text
from hci_center.reports.pages.tables import Cell, Column, Table
from hci_center.reports.rows import OF_ALL, ForeignPlaceError, Place, Row, rows_of

SHOWN = 200
# Rows of a file per query: each reads the rest of the period.
BATCH = 10_000
_PARTS = {
    "n": gettext_lazy("those that count"),
    "of": gettext_lazy("those among which it counts"),
    "rest": gettext_lazy("the others"),
    "in": gettext_lazy("those of customers"),
    "human": gettext_lazy("those of operators"),
    "automatic": gettext_lazy("those that no operator wrote here"),
    "sent": gettext_lazy("those that were sent"),
    "delivered": gettext_lazy("those that were sent and delivered"),
    "failed": gettext_lazy("those that failed"),
    "origins": gettext_lazy("those that were opened"),
    "marks": gettext_lazy("those with a mark"),
    "unserved": gettext_lazy("those that were never served"),
    "unanswered": gettext_lazy("those that were never answered"),
    "byPhone": gettext_lazy("those answered by the phone"),
    "first": gettext_lazy("those that waited for the first answer"),
    **OUTCOMES,
}
# Where the part of a metric is not that of others.
_PARTS_OF = {
    ("answered_surveys", "lost"): gettext_lazy("those that were not sent"),
}


class RowList(ReportPage):
    name = "rows"
    title = gettext_lazy("Rows of a figure")
    choices: ClassVar[tuple[str, ...]] = ("metric", "area", "operator", "channel")
    act = "rows"

    def allowed(self, query: QueryDict) -> Allowed:
        return Allowed(tuple(METRICS))

    def build(self, address: Address) -> Content:
        metric = METRICS[address.metric]
        title = label_of(metric)
        _require_part(address)
        if not {*address.filters} - {"hour", "weekday"} <= {*metric.by}:
            return Content([Section(title, notes=[self.unfiltered(address, metric)])])
        question = address.question(address.metric)
        place = _place_of(address)
        found, following = rows_of(question, SHOWN, place, address.part)
        table = empty_table(address)
        table.rows, table.most_shown = cells_of(address, found), SHOWN
        section = Section(f"{title}: n = {_count(address)}", table)
        section.notes = _said(address)
        if following is not None:
            after = following.encode(_filters(address))
            section.next = f"?{address.query(after=after)}"
        return Content([section], (address.metric,))

    def build_file(self, address: Address) -> Content:
        """Returns a table whose rows are read while they are written."""
        metric = METRICS[address.metric]
        _require_part(address)
        if not {*address.filters} - {"hour", "weekday"} <= {*metric.by}:
            raise WrongAddressError
        table = empty_table(address)
        if address.given.get("format") == "xlsx":
            # Too many rows for a sheet are refused before any is read.
            table.size = _count(address)
        table.rows = _all_rows(address)
        return Content([Section("", table)], (address.metric,))


def empty_table(address: Address) -> Table:
    columns = [Column(_("Protocol"))]
    if address.reads_names:
        columns.append(Column(_("Contact")))
    columns += [
        Column(_("Area")),
        Column(_("Operator")),
        Column(_("From"), "moment"),
        Column(_("To"), "moment"),
        Column(_("Duration"), "seconds"),
        Column(_("Duration, open hours"), "seconds"),
    ]
    return Table("rows", label_of(METRICS[address.metric]), columns)


def cells_of(
    address: Address, found: Sequence[Row], *, is_linked: bool = True
) -> list[list[Cell]]:
    """Returns the cells of rows, with the names for their ids in three queries."""
    contacts = {}
    if address.reads_names:
        contacts = _names(Contact, {row.contact_id for row in found if row.contact_id})
    names = _Names(
        contacts,
        _names(Area, {row.area_id for row in found if row.area_id}),
        _names(Operator, {row.operator_id for row in found if row.operator_id}),
        _("several"),
        reverse("admin:chats_chat_change", args=[0]) if is_linked else "",
    )
    return [_cells(address, row, names) for row in found]


@dataclass(frozen=True, slots=True)
class _Names:
    """The names for the ids in rows; the URL pattern for chats, "" for none."""

    contacts: dict[int, str]
    areas: dict[int, str]
    operators: dict[int, str]
    several: str
    link: str


def local_time(
    address: Address, manager_id: int, moment: datetime | None
) -> datetime | None:
    """Returns the moment in its manager's zone."""
    if moment is None:
        return None
    zone = address.scope.managers[manager_id].time_zone
    return moment.astimezone(ZoneInfo(zone)).replace(microsecond=0)


def _cells(address: Address, row: Row, names: _Names) -> list[Cell]:
    link = ""
    if row.chat_id is not None and names.link:
        link = names.link.replace("/0/", f"/{row.chat_id}/")
    cells = [Cell(row.protocol, link=link)]
    if address.reads_names:
        cells.append(Cell(names.contacts.get(row.contact_id or 0, "")))
    for found, known in (
        (row.area_id, names.areas),
        (row.operator_id, names.operators),
    ):
        cells.append(Cell(names.several if found is None else known.get(found, "")))
    cells += [
        Cell(local_time(address, row.manager_id, moment), "moment")
        for moment in (row.begins, row.ends)
    ]
    return [*cells, Cell(row.seconds, "seconds"), Cell(row.business, "seconds")]


def _names(model: Any, ids: set[int]) -> dict[int, str]:
    return dict(model.objects.filter(pk__in=ids).values_list("pk", "name"))


def _all_rows(address: Address) -> Iterator[list[Cell]]:
    question, place = address.question(address.metric), None
    while True:
        found, place = replica.read(
            partial(rows_of, question, BATCH, place, address.part)
        )
        yield from cells_of(address, found, is_linked=False)
        if place is None:
            return


def _require_part(address: Address) -> None:
    """Raises WrongAddressError for a part that the metric does not have."""
    if address.part not in (*OF_ALL, *METRICS[address.metric].parts):
        raise WrongAddressError
    valued = METRICS[address.metric].valued_part
    if address.value is not None and address.part != valued:
        raise WrongAddressError


def _filters(address: Address) -> str:
    return repr((address.question(address.metric), address.part))


def _place_of(address: Address) -> Place | None:
    after = address.given.get("after")
    if after is None:
        return None
    try:
        return Place.decode(after, _filters(address))
    except ForeignPlaceError as error:
        raise WrongAddressError from error


def _count(address: Address) -> int:
    total = figures(address.question(address.metric)).total
    if address.part == METRICS[address.metric].valued_part:
        counts = total[address.part]
        if address.value is None:
            return sum(counts.values())
        return int(counts.get(address.value, 0))
    if "outcomes" in total and address.part in METRICS[address.metric].parts:
        return int(total["outcomes"].get(address.part, 0))
    if address.part in METRICS[address.metric].parts:
        found = total[address.part]
        return int(found["n"] if isinstance(found, dict) else found)
    if "count" in total:
        return int(total["count"])
    if address.part == "n" or "of" not in total:
        return int(total["n"])
    return int(total["of"] - (total["n"] if address.part == "rest" else 0))


def _said(address: Address) -> list[str]:
    """Returns a description of which rows these are."""
    metric, said = METRICS[address.metric], []
    said.append(cohort_of(metric).capitalize() + ".")
    if address.metric in NAMES and _has_final_days(address):
        said.append(
            _("Spans whose retention is over were deleted; their totals remain.")
        )
    if issubclass(metric, Share) or address.part in metric.parts:
        part = _PARTS_OF.get((address.metric, address.part)) or _PARTS[address.part]
        said.append(f"{part}.".capitalize())
    if address.value is not None:
        said.append(_value_text(address.part, address.value))
    if address.hour is not None:
        said.append(_("Hour: %02d:00.") % address.hour)
    if address.weekday is not None:
        said.append(f"{WEEKDAYS[str(address.weekday)]}.")
    return said


def _value_text(part: str, value: str) -> str:
    if part == "failed":
        return reason_of(value)
    if part == "origins":
        return f"{_('Opened by')}: {origin_text(value)}."
    if part == "dropped":
        return f"{_('Step (sa)')}: {step_text(value)}."
    return f"{_('Mark')}: {value}."


def _has_final_days(address: Address) -> bool:
    """Whether spans of presence in the period were deleted."""
    question = address.question(address.metric)
    final = FinalPresence.objects.filter(manager_id__in=question.managers)
    return final.filter(before__gt=question.since).exists()
