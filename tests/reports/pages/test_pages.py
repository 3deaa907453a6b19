"""The other report pages: figures match the computed ones, and rows their counts."""

from __future__ import annotations

import html
import re
from datetime import date
from functools import partialmethod
from typing import Any, get_args

import pytest
from django.http import QueryDict
from django.utils import timezone

from chats.models import Survey
from hci_center.audit.models import AuditLine
from hci_center.callers import Caller
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Cohort
from hci_center.reports.models import Check, Run
from hci_center.reports.pages import row_lists, workbook
from hci_center.reports.pages.address import Allowed, read_address
from hci_center.reports.pages.links import group_links, rows_link
from hci_center.reports.pages.registry import TABS
from hci_center.reports.pages.scope import scope_of
from hci_center.reports.pages.tables import Table, clock_text
from tests.admin.conftest import sign_in_to_admin
from tests.admin.test_lists import queries
from tests.reports.hand_checked import NUMBER, write
from tests.reports.pages.conftest import PERIOD, read_csv, shown
from tests.reports.pages.test_times import HOSTILE, without
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


def path(name: str) -> str:
    return "" if name == "first" else f"{name}/"


def ask(centre: Centre, metric: str, *by: str, **over: Any) -> Any:
    managers = (centre.manager.pk,)
    return figures(Question(metric, managers, FIRST, LAST, by, **over))


def test_every_table_equals_its_file(read, past):
    for name in TABS:
        page = read(path(name))
        assert page.status_code == 200, name
        for table, rows in shown(page).items():
            file = read_csv(read(path(name), f"format=csv&table={table}"))
            doubled = [n for n, title in enumerate(file[0]) if title.endswith(" (s)")]
            if len(rows) > 2 or file[1:]:
                assert [without(row, doubled) for row in file] == rows, (name, table)
            book = read(path(name), f"format=xlsx&table={table}")
            assert book.getvalue().startswith(b"PK"), (name, table)


def test_a_mixed_column_has_its_durations_in_seconds_too(read, past):
    head, *rows = read_csv(read("", "format=csv&table=figures"))
    place = head.index("In the period (s)")
    cells = {row[0]: tuple(row[place : place + 2]) for row in rows}
    seconds, text = cells["Wait in the queue (median)"]
    assert clock_text(int(seconds)) == text
    assert cells["Opened"][0] == ""


def test_links_of_groups_are_those_of_single_figures(past):
    scope = scope_of(Caller("administrator", "user:1", None))
    for given in ("", f"&operator={past.ana.pk}&clock=business&sort=x"):
        query = QueryDict(f"{PERIOD}{given}")
        address = read_address(query, scope, timezone.now(), Allowed())
        for group, key in (
            ("area", "3"), ("operator", "7"), ("channel", "whatsapp"), ("hour", "9"),
            ("day", "2025-11-20"), ("week", "2025-11-17"), ("month", "2025-11"),
        ):  # fmt: skip
            link = group_links(address, "tme", "of", group)
            assert link(key) == rows_link(address, "tme", [(group, key)], "of")


def test_operators_have_their_figures(read, past):
    [rows] = shown(read("operators/")).values()
    people = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    tmr1 = ask(past, "tmr1", "operator").rows[(str(past.ana.pk),)]
    ana = people["Ana"]
    assert ana["First answer, n"] == str(tmr1["n"])
    moved = ask(past, "transfer", "operator").rows[(str(past.ana.pk),)]
    assert ana["Transfers made"] == str(moved["n"])
    sorted_names = [
        row[0] for row in shown(read("operators/", "sort=-operator"))["operator"]
    ]
    assert sorted_names.index("Bruno") < sorted_names.index("Ana")


def test_the_heat_map_has_every_hour(read, past):
    [rows] = shown(read("hours/", "metric=opened")).values()
    assert len(rows) == 25
    counts = sum(int(cell) for row in rows[1:] for cell in row[1:])
    assert counts == ask(past, "opened").total["count"]
    assert rows[11][3] == str(ask(past, "opened", hour=10, weekday=3).total["count"])


def test_the_first_page_compares_with_the_days_before(desk, past):
    query = "from=2025-11-24&to=2025-11-26"
    answer = desk.get(f"/admin/reports/?{query}", headers={"Accept-Language": "en"})
    rows = {row[0]: row for row in shown(answer)["figures"]}
    own = figures(
        Question("closed", (past.manager.pk,), date(2025, 11, 24), date(2025, 11, 26))
    )
    before = figures(
        Question("closed", (past.manager.pk,), date(2025, 11, 21), date(2025, 11, 23))
    )
    assert rows["Closed"][2] == str(own.total["count"])
    assert rows["Closed"][4] == str(before.total["count"])
    assert answer.content.decode().count('class="bo-spark"') == 12


def test_a_long_table_is_shown_page_by_page(read, past, monkeypatch):
    monkeypatch.setattr(Table, "__init__", partialmethod(Table.__init__, most_shown=3))
    query = "by=day&metric=tme"
    first = read("times/", query)
    [(name, rows)] = shown(first).items()
    text = first.content.decode()
    of = len(read_csv(read("times/", f"{query}&format=csv&table={name}"))) - 2
    assert of > 3
    assert f"Rows 1–3 of {of}; files hold all." in text  # noqa: RUF001
    [following] = re.findall(r'href="\?([^"]+)">Next rows', text)
    assert "Rows before" not in text
    second = read("times/", html.unescape(following))
    assert f"Rows 4–{min(6, of)} of {of}" in second.content.decode()  # noqa: RUF001
    [others] = shown(second).values()
    # The head and the total are on both; no row is.
    assert rows[0] == others[0]
    assert rows[-1] == others[-1]
    assert not {row[0] for row in rows[1:-1]} & {row[0] for row in others[1:-1]}
    [before] = re.findall(r'href="\?([^"]+)">Rows before', second.content.decode())
    assert shown(read("times/", html.unescape(before))) == {name: rows}


@pytest.mark.parametrize("row", ["0", "-1", "x", "9999", "9" * 30, "1%00", "²"])
def test_an_unknown_row_is_not_found(read, past, row):
    answer = read("operators/", f"table=operator&row={row}")
    assert answer.status_code == 404
    assert "Not found." in answer.content.decode()
    assert "data-table" not in answer.content.decode()


def test_targets_show_what_was_missed(read, past):
    tables = shown(read("sla/"))
    total = ask(past, "sla_tme").total
    row = next(row for row in tables["targets"] if row[0] == "Target of the queue")
    assert row[1:4] == [
        str(total["n"]),
        str(total["of"] - total["n"]),
        str(total["of"]),
    ]


def test_comments_are_shown_with_their_marks(read, past):
    survey = Survey.objects.filter(rating=5).first()
    Survey.objects.filter(pk=survey.pk).update(comment=f"{HOSTILE} ok")
    answer = read("csat/")
    assert "<script>alert" not in answer.content.decode()
    assert [row[2:] for row in shown(answer)["comments"][1:]] == [
        ["5", f"{HOSTILE} ok"]
    ]


def test_every_metric_is_defined(read):
    [rows] = shown(read("definitions/")).values()
    assert [row[1] for row in rows[1:]] == [*METRICS]
    for language in ("en", "pt-BR"):
        answer = read("definitions/")
        assert answer.status_code == 200, language
    for metric in METRICS.values():
        for texts in (metric.label, metric.formula, metric.null):
            assert texts["pt-br"]
            assert texts["en"]
        assert metric.cohort in get_args(Cohort)


def test_findings_of_other_managers_are_not_shown(read, past):
    other = Centre(NUMBER + 1)
    Run.objects.create(day=date(2025, 12, 1), findings=2)
    for centre in (past, other):
        Check.objects.create(check_code="L2", manager_id=centre.manager.pk)
    tables = shown(read("checks/"))
    assert [row[1] for row in tables["findings"][1:]] == [past.manager.name]
    assert "runs" not in tables


def test_foreign_rows_are_not_shown(read, past):
    write(Centre(NUMBER + 1))
    for metric in ("tme", "closed", "csat"):
        n = ask(past, metric).total
        rows = shown(read("rows/", f"metric={metric}&part=of"))["rows"][1:]
        assert len(rows) == n.get("count", n.get("of", n.get("n")))
    assert read("rows/", "metric=tme&after=forged").status_code == 404
    assert read("rows/", "metric=tme&hour=24").status_code == 404
    assert read("rows/", "metric=tme&part=all").status_code == 404


def test_a_file_of_rows_has_all_of_them_and_is_recorded(read, past, monkeypatch):
    monkeypatch.setattr("hci_center.reports.pages.row_lists.SHOWN", 3)
    monkeypatch.setattr("hci_center.reports.pages.row_lists.BATCH", 2)
    n = ask(past, "tme").total["n"]
    page = read("rows/", "metric=tme")
    following = re.search(r'href="\?([^"]*after=[^"]+)"', page.content.decode())
    second = shown(
        page.client.get(f"/admin/reports/rows/?{html.unescape(following[1])}")
    )
    assert len(second["rows"]) == 4
    assert len(read_csv(read("rows/", "metric=tme&format=csv"))) == n + 1
    acts = [(line.act, line.target) for line in AuditLine.objects.order_by("id")]
    assert ("rows", "rows") in acts
    assert acts[-1] == ("export", "rows")
    line = AuditLine.objects.order_by("-id")[0]
    assert line.manager_id == past.manager.pk
    assert line.after["metric"] == "tme"


@pytest.mark.parametrize("name", [*TABS, "rows"])
def test_a_page_needs_few_statements(desk, past, name):
    address = f"/admin/reports/{path(name)}?{PERIOD}"
    assert len(queries(desk, address)) <= 20


def test_operators_have_no_access(past):
    client = sign_in_to_admin(past.ana.user)
    for name in (*TABS, "rows"):
        assert client.get(f"/admin/reports/{path(name)}").status_code == 302


def test_more_rows_than_a_sheet_holds_are_refused_before_any_is_read(
    read, past, monkeypatch
):
    monkeypatch.setattr(workbook, "MOST_ROWS", 13)
    monkeypatch.setattr(row_lists, "rows_of", None)
    answer = read("rows/", "metric=tme&format=xlsx")
    assert answer.status_code == 400
    assert "take the CSV file" in answer.content.decode()
    monkeypatch.undo()
    lines = b"".join(read("rows/", "metric=tme&format=csv").streaming_content)
    assert lines.count(b"\r\n") == 14
