"""The content of a report page: sections with tables, sorting and paging."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hci_center.reports.pages.address import Address, WrongAddressError
from hci_center.reports.pages.tables import Table


@dataclass(slots=True)
class Section:
    """A table with its chart, or only text."""

    title: str
    table: Table | None = None
    chart: str = ""
    notes: list[str] = field(default_factory=list)
    # The address of the following rows.
    next: str = ""
    # Its cells hold sentences.
    is_wrapped: bool = False


@dataclass(slots=True)
class Content:
    """The content of a page: its sections, and the metrics whose figures they show."""

    sections: list[Section]
    metrics: tuple[str, ...] = ()
    # Large figures above the sections.
    tiles: list[Any] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        return [part.table for part in self.sections if part.table is not None]


def sort_tables(content: Content, address: Address) -> None:
    """Sorts the tables that can be sorted; raises WrongAddressError."""
    sort = address.given.get("sort")
    sortable = [table for table in content.tables if table.sort is not None]
    if sort is not None and True not in [table.order(sort) for table in sortable]:
        raise WrongAddressError
    for table in sortable:
        table.heads = [
            f"?{address.query(sort=table.sort_by(column))}" if column.key else ""
            for column in table.columns
        ]


def turn_page(content: Content, address: Address) -> None:
    """Shows the page of a table that contains the requested row.

    Raises WrongAddressError if there is none.
    """
    row = address.given.get("row")
    if row is None:
        return
    tables = {table.name: table for table in content.tables}
    table = tables.get(address.given.get("table", ""))
    if table is None or not table.turn_to(row):
        raise WrongAddressError
