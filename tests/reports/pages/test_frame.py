"""Common behaviour of all report pages: their address and permissions."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.template import Context, Engine
from django.test import Client

from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.reports.hand_checked import NUMBER, write
from tests.reports.pages.conftest import PERIOD, shown
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query",
    [
        "manager=999999", "manager=abc", "area=999999", "area=x", "operator=999999",
        "operator=-1", "channel=telegram", "by=colour", "by=sa", "clock=lunar",
        "metric=nothing", "metric=lost", "from=2025-13-01", "from=20251117",
        "to=tomorrow", "period=yesteryear&from=&to=", "format=pdf", "sort=colour",
        "format=csv&table=other", f"manager={10**30}",
    ],
)  # fmt: skip
def test_unknown_values_are_not_found(read, past, query):
    answer = read("times/", query)
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Not found." in page
    assert "data-table" not in page
    assert '<svg class="bo-chart' not in page


def test_foreign_rows_are_unknown(read, past):
    other = Centre(NUMBER + 1)
    write(other)
    for query in (
        f"manager={other.manager.pk}",
        f"area={other.sales.pk}",
        f"operator={other.ana.pk}",
    ):
        assert read("times/", query).status_code == 404, query
    [mine] = shown(read("times/", "by=manager&metric=resolution")).values()
    assert [row[0] for row in mine[1:]] == [past.manager.name, "Total"]


def test_an_administrator_sees_all_managers_and_may_choose_one(read, past):
    other = Centre(NUMBER + 1)
    write(other)
    office = sign_in_to_admin(builders.make_supervisor())
    assert read("times/", client=office).status_code == 403
    office = sign_in_to_admin(_administrator())
    both = shown(read("times/", "by=area", office))["tme"]
    one = shown(read("times/", f"by=area&manager={past.manager.pk}", office))["tme"]
    assert int(both[-1][1]) == 2 * int(one[-1][1])
    names = {row[0] for row in both[1:]}
    assert f"{past.support.name} · {past.manager.name}" in names
    assert past.support.name in {row[0] for row in one[1:]}


def test_operators_have_no_access(read, past):
    for client in (Client(), sign_in_to_admin(past.ana.user)):
        answer = read("times/", client=client)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_a_named_period_keeps_its_name_in_links(read, desk):
    page = desk.get("/admin/reports/times/?period=30d").content.decode()
    assert 'name="period" value="30d"' in page
    assert re.search(r"times/\?period=30d", page)
    days = read("times/", "period=30d").content.decode()
    assert 'name="period"' not in days
    assert 'name="from" value="2025-11-17"' in days


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2025-12-02&to=2025-12-01", "ends before it begins"),
        ("from=2024-01-01&to=2025-12-01", "at most 400 days"),
    ],
)
def test_an_invalid_period_is_reported(desk, query, sentence):
    answer = desk.get(f"/admin/reports/times/?{query}")
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_it_is_in_the_menu_in_both_languages(desk, own_words):
    for language, word in own_words.items():
        page = desk.get("/admin/", headers={"Accept-Language": language})
        assert re.search(
            rf'href="/admin/reports/[^"]*".*?{word}', page.content.decode(), re.S
        )


@pytest.fixture
def own_words():
    return {"pt-BR": "Relatórios", "en": "Reports"}


def test_the_pages_do_not_depend_on_the_theme(read, past):
    """They also work with Django's own admin templates."""
    page = read("times/", "by=area")
    libraries = {
        "i18n": "django.templatetags.i18n",
        "static": "django.templatetags.static",
        "admin_urls": "django.contrib.admin.templatetags.admin_urls",
        "log": "django.contrib.admin.templatetags.log",
    }
    engine = Engine(
        dirs=[settings.BASE_DIR / "templates", f"{admin.__path__[0]}/templates"],
        libraries=libraries,
    )
    flat = page.context_data | {"request": page.wsgi_request, "user": None}
    html = engine.get_template("admin/reports/page.html").render(Context(flat))
    assert "unfold" not in html.replace("unfold/", "")
    assert 'data-table="tme"' in html
    assert PERIOD.split("&")[0].split("=")[1] in html


def _administrator():
    return User.objects.create_superuser("chefe", password="secret-password")


def test_a_page_that_takes_too_long_suggests_a_shorter_period(read, monkeypatch):
    def build(self, address):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20ms'")
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("hci_center.reports.pages.sla.Sla.build", build)
    for query in ("", "format=csv"):
        answer = read("sla/", query)
        assert answer.status_code == 503
        assert "choose a shorter period" in answer.content.decode()
