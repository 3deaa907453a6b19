"""CSV files of a table, in the format that Excel expects in the user's language."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from hci_center.reports.pages.tables import Cell, Column, Table, is_portuguese

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@")


def csv_lines(table: Table) -> Iterator[str]:
    """Yields the lines of a table; durations are in seconds and as h:mm:ss."""
    writer = csv.writer(_Lines(), delimiter=";" if is_portuguese() else ",")
    yield BOM + writer.writerow(_header(table.columns))
    for row in table.all_rows:
        yield writer.writerow(_values(table.columns, row))


def guarded(text: str) -> str:
    """Returns the text, escaped so that no spreadsheet treats it as a formula."""
    if text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r")):
        return f"'{text}"
    return text


class _Lines:
    """A file-like object for `csv.writer` that returns the line."""

    def write(self, line: str) -> str:
        return line


def _may_have_seconds(column: Column) -> bool:
    return column.kind == "seconds" or column.is_mixed


def _header(columns: Iterable[Column]) -> list[str]:
    titles: list[str] = []
    for column in columns:
        if _may_have_seconds(column):
            titles.append(f"{column.title} (s)")
        titles.append(guarded(column.title))
    return titles


def _values(columns: Iterable[Column], row: Iterable[Cell]) -> list[str]:
    values: list[str] = []
    for column, cell in zip(columns, row, strict=True):
        if _may_have_seconds(column):
            has_seconds = cell.kind == "seconds" and cell.value is not None
            values.append(str(cell.value) if has_seconds else "")
        values.append(guarded(cell.text) if cell.kind == "text" else cell.text)
    return values
