"""/admin/audit/: a user sees the lines of his managers, by pages and as a file."""

from __future__ import annotations

from html import unescape

import pytest
from django.utils import translation

from hci_center.audit.models import AuditLine
from hci_center.audit.recording import record
from tests.admin.conftest import sign_in_to_admin

pytestmark = pytest.mark.django_db
PAGE = "/admin/audit/"


def test_a_supervisor_sees_the_lines_of_his_managers(
    supervisor, manager, other_manager, sales
):
    AuditLine.objects.count()
    record("export", "report", "own-line", manager_id=manager.pk)
    record("export", "report", "foreign-line", manager_id=other_manager.pk)
    record("export", "report", "nobodys-line")

    text = sign_in_to_admin(supervisor).get(PAGE).content.decode()

    assert "own-line" in text
    assert "foreign-line" not in text
    assert "nobodys-line" not in text


def test_an_administrator_sees_all(admin_client):
    record("export", "report", "nobodys-line")
    assert "nobodys-line" in admin_client.get(PAGE).content.decode()


def test_operators_have_no_access(ana):
    assert sign_in_to_admin(ana.user).get(PAGE).status_code in (302, 403)


def test_old_and_new_values_are_shown_side_by_side(admin_client, sales):
    sales.name = "<b>Balcão</b>"
    sales.save()
    text = admin_client.get(PAGE, {"kind": "area", "act": "change"}).content.decode()

    assert "<code>name</code> Vendas" in text
    assert "<code>name</code> &lt;b&gt;Balcão&lt;/b&gt;" in text


def test_filters_and_pages(admin_client, manager, monkeypatch):
    for n in range(3):
        record("export", "report", f"line-{n}", credential="key:7")
    record("export", "report", "line-other", credential="key:8")
    monkeypatch.setattr("hci_center.audit.pages.views.LINES", 2)
    first = admin_client.get(PAGE, {"who": "key:7"})
    older = first.context["older"]

    assert [line.target for line in first.context["lines"]] == ["line-2", "line-1"]
    second = admin_client.get(f"{PAGE}?{older}")
    assert [line.target for line in second.context["lines"]] == ["line-0"]


def test_a_foreign_manager_is_not_found(supervisor, other_manager):
    response = sign_in_to_admin(supervisor).get(PAGE, {"manager": other_manager.pk})
    assert response.status_code == 404
    assert not response.context["lines"]


def test_the_file_needs_permission_and_is_recorded(admin_client):
    record("export", "report", "=1+1", credential="key:7")
    answer = admin_client.get(PAGE, {"who": "key:7", "format": "csv"})

    assert "'=1+1" in b"".join(answer.streaming_content).decode()
    line = AuditLine.objects.order_by("-pk")[0]
    assert (line.act, line.kind) == ("export", "audit")
    assert line.after == {"filters": {"who": "key:7"}, "rows": 1}


def test_the_history_of_an_object_shows_its_lines(supervisor, sales):
    sales.name = "Balcão"
    sales.save()
    page = sign_in_to_admin(supervisor).get(f"/admin/areas/area/{sales.pk}/history/")
    assert "<code>name</code> Balcão" in page.content.decode()


def test_an_exported_page_of_figures_is_called_a_report(admin_client):
    record("export", "report", "times")
    # The language of a request remains the thread's.
    with translation.override("pt-br"):
        page = admin_client.get(PAGE, HTTP_ACCEPT_LANGUAGE="pt-BR")
    assert "relatório times" in unescape(page.content.decode())
