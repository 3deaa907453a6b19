"""Excel workbooks of tables, a sheet for each."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from hci_center.reports.pages.tables import Cell, Table, is_portuguese

# The maximum number of rows of an Excel sheet.
MOST_ROWS = 1_048_576
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTH = 18
# Of a day, and of a second.
_UNITS = {"seconds": 86400, "millis": 1000}


class TooManyRowsError(Exception):
    """The table has too many rows for a sheet."""


def write_workbook(
    tables: Sequence[Table], about: Sequence[tuple[str, str]]
) -> IO[bytes]:
    """Returns a file with the tables, and a last sheet that describes them.

    Raises TooManyRowsError, before anything is read if the number of rows is known.
    """
    if any(table.size >= MOST_ROWS for table in tables):
        raise TooManyRowsError
    # 6 MB that only processes which make workbooks need.
    import xlsxwriter

    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    try:
        workbook = xlsxwriter.Workbook(file, _OPTIONS)
        formats = _Formats(workbook)
        for table in tables:
            _write_table(workbook.add_worksheet(table.name[:31]), table, formats)
        sheet = workbook.add_worksheet(_("About")[:31])
        sheet.set_column(0, 1, 2 * _WIDTH)
        for line, (name, text) in enumerate(about):
            sheet.write_string(line, 0, name, formats.bold)
            sheet.write_string(line, 1, text)
        workbook.close()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


class _Formats:
    def __init__(self, workbook: Any) -> None:
        day = "dd/mm/yyyy" if is_portuguese() else "yyyy-mm-dd"
        self.bold = workbook.add_format({"bold": True, "text_wrap": True})
        self.of_kind = {
            "seconds": workbook.add_format({"num_format": "[h]:mm:ss"}),
            "millis": workbook.add_format({"num_format": "0.000"}),
            "share": workbook.add_format({"num_format": "0.00%"}),
            "decimal": workbook.add_format({"num_format": "0.00"}),
            "moment": workbook.add_format({"num_format": f"{day} hh:mm:ss"}),
        }


def _write_table(sheet: Any, table: Table, formats: _Formats) -> None:
    sheet.set_column(0, len(table.columns) - 1, _WIDTH)
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.title, formats.bold)
    for line, row in enumerate(table.all_rows, start=1):
        if line >= MOST_ROWS:
            raise TooManyRowsError
        for place, cell in enumerate(row):
            _write_cell(sheet, line, place, cell, formats)


def _write_cell(
    sheet: Any, line: int, place: int, cell: Cell, formats: _Formats
) -> None:
    value, style = cell.value, formats.of_kind.get(cell.kind)
    if value is None or cell.kind == "text":
        sheet.write_string(line, place, cell.text)
    elif isinstance(value, datetime):
        sheet.write_datetime(
            line, place, value.replace(tzinfo=None, microsecond=0), style
        )
    else:
        number = value / _UNITS.get(cell.kind, 1)
        sheet.write_number(line, place, number, style)
