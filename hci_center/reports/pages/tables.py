"""Tables of figures, for pages and for their CSV and xlsx files.

A cell has the same text in all of them, so that a file equals the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from html import escape
from itertools import chain, repeat
from typing import Any, Literal

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# `text`; `count`; `seconds`; `millis`, shown as seconds; `share`, a part of one;
# `decimal`; `moment`, a local time.
Kind = Literal["text", "count", "seconds", "millis", "share", "decimal", "moment"]
NOTHING = "–"  # noqa: RUF001 - a dash for what has no figure


def is_portuguese() -> bool:
    return (get_language() or "").startswith("pt")


def clock_text(seconds: int) -> str:
    """Returns a duration as h:mm:ss."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def millis_text(millis: int) -> str:
    """Returns milliseconds as seconds."""
    return decimal_text(f"{millis // 1000}.{millis % 1000:03}")


def decimal_text(text: str) -> str:
    """Returns a number with the decimal sign of the language."""
    return text.replace(".", ",") if is_portuguese() else text


def day_text(day: date) -> str:
    if is_portuguese():
        return f"{day.day:02}/{day.month:02}/{day.year:04}"
    return day.isoformat()


def moment_text(moment: datetime) -> str:
    # Of long files strftime takes most of the time.
    clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    return f"{day_text(moment.date())} {clock}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title is unique in its table."""

    title: str
    kind: Kind = "text"
    key: str = ""
    # Its cells have different kinds.
    is_mixed: bool = False

    @property
    def is_figure(self) -> bool:
        return self.is_mixed or self.kind not in ("text", "moment")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of its column's kind, or None; `link` leads to its rows."""

    value: Any
    kind: Kind = "text"
    link: str = ""
    # An additional CSS class of the cell.
    mark: str = ""

    @property
    def text(self) -> str:
        value = self.value
        if value is None:
            return NOTHING
        if self.kind == "seconds":
            return clock_text(value)
        if self.kind == "millis":
            return millis_text(value)
        if self.kind == "share":
            return decimal_text(f"{Decimal(str(value)) * 100:.2f}") + "%"
        if self.kind == "decimal":
            return decimal_text(f"{Decimal(str(value)):.2f}")
        if self.kind == "moment":
            return moment_text(value)
        return str(value)

    @property
    def is_figure(self) -> bool:
        return self.kind not in ("text", "moment")


def row_html(row: Sequence[Cell]) -> SafeString:
    """Returns the HTML cells of a row; the first is its header.

    A template would take most of the time of a page with some hundred rows.
    """
    parts = []
    for place, cell in enumerate(row):
        text = escape(cell.text)
        if cell.link:
            text = f'<a href="{escape(cell.link)}">{text}</a>'
        if not place:
            parts.append(f'<th scope="row">{text}</th>')
        elif cell.is_figure:
            names = escape(f"bo-figure {cell.mark}".rstrip())
            parts.append(f'<td class="{names}">{text}</td>')
        else:
            parts.append(f"<td>{text}</td>")
    return mark_safe("".join(parts))  # noqa: S308 - of what is escaped


@dataclass(slots=True)
class Table:
    """A table with a name that is unique on its page; the last row may be a total."""

    name: str
    title: str
    columns: Sequence[Column]
    # For a long file they are read while it is written.
    rows: Any = field(default_factory=list)
    # Their number, if known in advance.
    size: int = 0
    total: list[Cell] | None = None
    # Sentences below the table, such as what is counted.
    notes: list[str] = field(default_factory=list)
    # The query parameter for the order, if its columns can be sorted.
    sort: str | None = None
    # The links that sort by each column.
    heads: list[str] = field(default_factory=list)
    # The number of rows on a page, and the position of the first.
    most_shown: int = 100
    first: int = 0

    @property
    def titles(self) -> list[tuple[Column, str]]:
        return list(zip(self.columns, self.heads or repeat(""), strict=False))

    def sort_by(self, column: Column) -> str:
        """Returns the sort parameter of a column: figures descending, then reversed."""
        orders = (column.key, f"-{column.key}")
        first, other = reversed(orders) if column.is_figure else orders
        return other if self.sort == first else first

    @property
    def html_rows(self) -> Iterator[SafeString]:
        return map(row_html, self.rows[self.first : self.end])

    @property
    def end(self) -> int:
        return min(self.first + self.most_shown, len(self.rows))

    @property
    def is_cut(self) -> bool:
        """Whether a page shows only some of the rows; files contain all."""
        return len(self.rows) > self.most_shown

    @property
    def before(self) -> int | None:
        """The number of the first row of the previous page, from 1."""
        return max(self.first - self.most_shown, 0) + 1 if self.first else None

    @property
    def after(self) -> int | None:
        return self.end + 1 if self.end < len(self.rows) else None

    def turn_to(self, number: str) -> bool:
        """Selects the page with the row of this number; returns whether it exists."""
        if not re.fullmatch("[1-9][0-9]{0,6}", number) or int(number) > len(self.rows):
            return False
        self.first = (int(number) - 1) // self.most_shown * self.most_shown
        return True

    @property
    def html_total(self) -> SafeString | None:
        return None if self.total is None else row_html(self.total)

    @property
    def all_rows(self) -> Iterator[list[Cell]]:
        return chain(self.rows, () if self.total is None else (self.total,))

    def add(self, *values: Any, links: Sequence[str] = ()) -> None:
        self.rows.append(self.cells(*values, links=links))

    def cells(self, *values: Any, links: Sequence[str] = ()) -> list[Cell]:
        """Returns the cells of a row; the links are for the last columns."""
        before = len(values) - len(links)
        linked = ["" for _ in range(before)] + list(links)
        return [
            Cell(value, column.kind, link if value is not None else "")
            for value, column, link in zip(values, self.columns, linked, strict=True)
        ]

    def order(self, sort: str) -> bool:
        """Sorts the rows by the key of a column, `-` before it for the largest first.

        Rows without a value come last. Returns whether there is such a column.
        """
        key, descending = sort.removeprefix("-"), sort.startswith("-")
        places = {column.key: place for place, column in enumerate(self.columns)}
        if key not in places:
            return False
        place = places[key]
        with_value = [row for row in self.rows if row[place].value is not None]
        without = [row for row in self.rows if row[place].value is None]
        is_text = self.columns[place].kind == "text"

        def value_of(row: list[Cell]) -> Any:
            value = row[place].value
            return str(value).casefold() if is_text else value

        with_value.sort(key=value_of, reverse=descending)
        self.rows, self.sort = [*with_value, *without], sort
        return True
