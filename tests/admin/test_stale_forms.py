"""A form does not overwrite what somebody else has saved since it was shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from managers.admin.stale_forms import VERSION

REFUSED = "Somebody else has saved this meanwhile."


def page(area: Any) -> str:
    return f"/admin/areas/area/{area.pk}/change/"


def version_in(answer: Any) -> str:
    found = re.search(rf'name="{VERSION}" value="(\w+)"', answer.content.decode())
    assert found is not None
    return found[1]


def save(desk: Any, area: Any, version: str, name: str) -> Any:
    typed = {"code": area.code, "name": name, VERSION: version}
    return desk.post(page(area), typed)


@pytest.fixture
def version(desk: Any, sales: Any) -> str:
    return version_in(desk.get(page(sales)))


def test_a_form_saves_if_nobody_else_has(desk, sales, version):
    assert save(desk, sales, version, "Comercial").status_code == 302
    sales.refresh_from_db()
    assert sales.name == "Comercial"


def test_a_form_from_before_another_s_change_is_refused_once(desk, sales, version):
    save(desk, sales, version, "Comercial")
    refused = save(desk, sales, version, "Loja")
    assert REFUSED in refused.content.decode()
    assert 'value="Loja"' in refused.content.decode()
    sales.refresh_from_db()
    assert sales.name == "Comercial"
    assert save(desk, sales, version_in(refused), "Loja").status_code == 302
    sales.refresh_from_db()
    assert sales.name == "Loja"


def test_changes_outside_the_form_are_no_matter(desk, sales, version):
    type(sales).objects.filter(pk=sales.pk).update(created_at=timezone.now())
    assert save(desk, sales, version, "Comercial").status_code == 302


def test_a_form_to_add_a_row_has_no_version(desk):
    assert VERSION not in desk.get("/admin/areas/area/add/").content.decode()


def test_the_version_covers_no_secret(desk, manager):
    manager_page = f"/admin/managers/manager/{manager.pk}/change/"
    before = version_in(desk.get(manager_page))
    manager.facebook_token = "EAAnew"
    manager.save()
    assert version_in(desk.get(manager_page)) == before
