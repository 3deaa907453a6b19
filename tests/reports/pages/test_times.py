"""times/: the hand-checked figures, the same in page, files and API."""

from __future__ import annotations

import io
import zipfile
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest

from areas.models import Area, Operator
from hci_center.reports.pages.delimited import guarded
from hci_center.reports.pages.times import DURATIONS
from managers.models import Manager
from tests import builders
from tests.admin.test_lists import queries
from tests.conftest import Api
from tests.reports.pages.conftest import PERIOD, read_csv, shown

pytestmark = pytest.mark.django_db
BODY = {"from": "2025-11-17", "to": "2025-11-30"}


def clock(seconds: int | None) -> str:
    if seconds is None:
        return "–"  # noqa: RUF001
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def expected(row: dict[str, Any]) -> list[str]:
    names = ("mean", "median", "p90", "max")
    return [
        str(row["n"]),
        *(clock(row[name]) for name in names),
        *(clock(row["business"][name]) for name in names),
    ]


def test_page_file_and_api_have_the_same_figures(read, past):
    api = Api(builders.make_key(past.manager))
    for metric, by in product(DURATIONS, ("day", "week", "month", "area", "channel")):
        body = BODY | {"metric": metric, "by": [by]}
        answer = api.post("/api/report", body).json()["data"]
        query = f"metric={metric}&by={by}"
        rows = shown(read("times/", query))[metric]
        figures = [*answer["rows"], answer["total"]]
        assert [row[1:10] for row in rows[1:]] == [expected(row) for row in figures]
        file = read_csv(read("times/", f"{query}&format=csv"))
        seconds = [n for n, title in enumerate(file[0]) if title.endswith(" (s)")]
        assert len(seconds) == 8
        assert [without(row, seconds) for row in file] == rows
        mean = answer["total"]["mean"]
        assert file[-1][seconds[0]] == ("" if mean is None else str(mean))


def without(row: list[str], places: list[int]) -> list[str]:
    return [cell for n, cell in enumerate(row) if n not in places]


def test_the_queue_by_area(read, past):
    rows = shown(read("times/", "by=area"))["tme"]
    support = next(row for row in rows if row[0] == past.support.name)
    assert support[1:5] == ["4", "0:25:23", "0:09:30", "1:20:00"]
    assert support[-1] == "1"


def test_portuguese_excel_opens_it(desk, past):
    address = f"/admin/reports/times/?{PERIOD}&format=csv"
    answer = desk.get(address, headers={"Accept-Language": "pt-BR"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="times-2025-11-17-2025-11-30.csv"' in answer["Content-Disposition"]
    rows = read_csv(answer, ";")
    assert rows[1][0] == "19/11/2025"
    assert rows[0][0] == "Dia"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("  +1", "'  +1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"), ("\rx", "'\rx"), ("Ana", "Ana"), ("a=1", "a=1"), ("", ""),
    ],
)  # fmt: skip
def test_texts_are_not_formulas(text, safe):
    assert guarded(text) == safe


HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>\'"><img src=x onerror=a>'


def test_hostile_names_are_escaped_everywhere(read, past):
    for area in Area.objects.all():
        Area.objects.filter(pk=area.pk).update(name=f"{HOSTILE}{area.code}")
    Operator.objects.update(name=HOSTILE)
    Manager.objects.update(name=HOSTILE)
    for by in ("area", "operator", "manager"):
        page = read("times/", f"by={by}")
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()
        assert any(row[0].startswith(HOSTILE) for row in shown(page)["tme"])
        rows = read_csv(read("times/", f"by={by}&format=csv"))
        assert any(row[0].startswith(f"'{HOSTILE}") for row in rows)
        cells = sheet(read("times/", f"by={by}&format=xlsx"))
        assert any(text.startswith(HOSTILE) for text, _formula in cells.values())
        assert not any(formula for _text, formula in cells.values())


def sheet(answer: Any) -> dict[str, tuple[str, bool]]:
    """Returns the first sheet of a workbook: text and whether it is a formula, by cell."""
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as file:
        root = ElementTree.fromstring(file.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    found = {}
    for cell in root.findall(".//{*}c"):
        value = cell.find("{*}v")
        if value is None:
            value = cell.find("{*}is/{*}t")
        text = "" if value is None else value.text or ""
        found[cell.attrib["r"]] = (text, cell.find("{*}f") is not None)
    return found


def test_the_workbook_has_the_figures_of_the_page(read, past):
    rows = shown(read("times/", "by=area"))["tme"]
    cells = sheet(read("times/", "by=area&format=xlsx"))
    for line, row in enumerate(rows[1:], start=2):
        assert cells[f"A{line}"][0] == row[0]
        assert cells[f"B{line}"][0] == row[1]
        seconds = round(float(cells[f"C{line}"][0]) * 86400)
        assert clock(seconds) == row[2]


def test_charts_have_their_figures_as_text(read, past):
    page = read("times/", "by=area").content.decode()
    assert "median 0:09:30, p90 1:20:00, n = 4</title>" in page
    business = read("times/", "by=area&clock=business").content.decode()
    assert "median 0:09:30, p90 0:20:00, n = 4</title>" in business


def test_rows_are_sorted_by_any_column(read, past):
    rows = shown(read("times/", "by=area&sort=-n"))["tme"]
    counts = [int(row[1]) for row in rows[1:-1]]
    assert counts == sorted(counts, reverse=True)
    assert rows[-1][0] == "Total"


def test_a_metric_without_operators_shows_that(read, past):
    answer = read("times/", f"metric=queue&operator={past.ana.pk}")
    assert "cannot be filtered by: Operator" in answer.content.decode()
    assert shown(answer) == {}


def test_it_needs_few_statements(desk, past):
    address = f"/admin/reports/times/?{PERIOD}&by=operator"
    before = len(queries(desk, address))
    assert before <= 12
    for n in range(5):
        builders.make_operator(past.manager, past.sales, name=f"Op {n}")
    assert len(queries(desk, address)) == before
