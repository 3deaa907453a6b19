"""The report pages in a browser: drill-down, files, print, widths."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from areas.models import Area, Operator
from contacts.models import Contact
from managers.models import Manager
from tests import builders
from tests.console.browser import pictures
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

PERIOD = "from=2025-11-17&to=2025-11-30"
HOSTILE = "<img src=x onerror=alert(1)>\"'><svg onload=alert(2)>=1+1"
LOCALES = {"pt-BR": "pt-BR", "en": "en-US"}
PAGES = {
    "report-times": "times/?by=area&",
    "report-operators": "operators/?",
    "report-hours": "hours/?",
}


@pytest.fixture
def open_reports(company, new_context):
    """Opens a report page as a supervisor, on the hand-checked past."""
    centre = Centre(NUMBER)
    Manager.objects.filter(pk=centre.manager.pk).update(name="Padaria Aurora")
    write(centre)
    supervisor = builders.make_supervisor(centre.manager)
    User.objects.filter(pk=supervisor.pk).update(username="helena")
    client = Client()
    client.force_login(supervisor)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}

    def opened(place, **options):
        context = new_context(accept_downloads=True, **options)
        context.add_cookies([cookie | {"url": company.url}])
        page = context.new_page()
        page.goto(f"/admin/reports/{place}{PERIOD}")
        return page

    return opened


def test_a_figure_opens_its_rows_and_its_file(open_reports):
    page = open_reports("times/?by=area&")
    row = page.locator("table[data-table=tme] tbody tr").filter(has_text="suporte")
    n = row.locator("td").first
    expect(n).to_have_text("4")
    n.locator("a").click()
    rows = page.locator("table[data-table=rows] tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator(".bo-heading").first).to_contain_text("n = 4")
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV").click()
    text = Path(caught.value.path()).read_text("utf-8-sig")
    listed = [*csv.reader(io.StringIO(text, newline=""), delimiter=";")]
    assert len(listed) == 5
    assert listed[1][0] == rows.first.locator("th").inner_text()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Excel").click()
    assert Path(caught.value.path()).read_bytes().startswith(b"PK")


def test_filters_need_no_script(open_reports):
    page = open_reports("times/?", java_script_enabled=False)
    page.locator("select[name=by]").select_option("operator")
    page.locator("select[name=metric]").select_option("tma")
    page.get_by_role("button", name="Mostrar").click()
    expect(page.locator("table[data-table=tma] tbody th").first).to_be_visible()
    assert "by=operator" in page.url
    assert "from=2025-11-17" in page.url


def test_print_has_a_head_and_no_menu(open_reports):
    page = open_reports("times/?by=area&")
    head = page.locator(".bo-print-head")
    expect(head).to_be_hidden()
    page.emulate_media(media="print")
    expect(head).to_be_visible()
    for text in ("Padaria Aurora", "17/11/2025", "tme 1", "America/Sao_Paulo"):
        expect(head).to_contain_text(text)
    for gone in ("#nav-sidebar", ".bo-filters", ".bo-tabs", ".bo-files"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("svg.bo-chart")).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


def test_it_fits_a_phone(open_reports):
    page = open_reports("times/?by=operator&", viewport={"width": 375, "height": 740})
    expect(page.locator(".bo-filters")).to_be_hidden()
    page.locator(".bo-fold-label").click()
    expect(page.locator("select[name=by]")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375
    panel = page.locator(".bo-scroll:has(table)")
    assert panel.evaluate("one => one.scrollWidth > one.clientWidth")
    first = page.locator("table[data-table=tmr1], table[data-table=tme]").locator(
        "tbody th"
    )
    left = first.first.bounding_box()["x"]
    panel.evaluate("one => one.scrollLeft = 200")
    assert abs(first.first.bounding_box()["x"] - left) <= 1


def test_hostile_names_do_not_run(open_reports):
    page = open_reports("areas/?")
    for area in Area.objects.all():
        Area.objects.filter(pk=area.pk).update(name=f"{HOSTILE}{area.pk}")
    for model in (Operator, Manager, Contact):
        model.objects.update(name=HOSTILE)
    for place in (
        "?", "areas/?", "operators/?", "times/?by=area&", "times/?by=operator&",
        "times/?by=manager&", "rows/?metric=tme&", "sla/?", "csat/?",
    ):  # fmt: skip
        page.goto(f"/admin/reports/{place}{PERIOD}")
        expect(page.locator(".bo-report")).to_be_visible()
        assert page.locator(".bo-report img").count() == 0, place
        assert page.locator("svg[onload]").count() == 0, place


@pytest.mark.parametrize("language", LOCALES)
def test_the_screenshots_are_unchanged(open_reports, tmp_path, language):
    wrong = []
    for name, place in PAGES.items():
        page = open_reports(place, locale=LOCALES[language])
        expect(page.locator("table.bo-figures").first).to_be_visible()
        page.evaluate("document.fonts.ready")
        taken = page.screenshot(animations="disabled")
        wrong.append(pictures.compare(f"{name}.{language}.light", taken, tmp_path))
        page.context.close()
    assert [*filter(None, wrong)] == []
