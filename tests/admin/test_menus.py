"""The editor of menus and the list of their versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from areas.models import Menu
from areas.rules.menus import menu_in_force, publish_menu
from tests import builders
from tests.admin.conftest import messages_of
from tests.menus import MENU

ADD = "/admin/areas/menu/add/"
LIST = "/admin/areas/menu/"


@pytest.fixture
def centre(manager: Any) -> Any:
    for code in ("vendas", "suporte"):
        if not manager.areas.filter(code=code).exists():
            builders.make_area(manager, code)
    return manager


def publish(desk: Any, menu: Any, **more: Any) -> Any:
    text = menu if isinstance(menu, str) else json.dumps(menu)
    return desk.post(ADD, {"body": text, **more}, follow=True)


def test_the_initial_menu_is_a_valid_example(desk, centre):
    page = desk.get(ADD)
    publish(desk, page.context["body"])
    body = menu_in_force(centre.pk).body
    options = body["steps"][0]["options"]
    assert {option["area"] for option in options} == {"vendas", "suporte"}


def test_the_initial_menu_without_areas_leads_to_a_person(desk, manager):
    body = json.loads(desk.get(ADD).context["body"])
    assert [each["do"] for each in body["steps"][0]["options"]] == ["human"]


def test_publishing_and_disabling_create_versions(desk, centre, supervisor):
    answer = publish(desk, MENU)
    assert answer.redirect_chain == [(LIST, 302)]
    first = menu_in_force(centre.pk)
    assert (first.version, first.body["fallback"]) == (1, "suporte")
    assert first.made_by == f"user:{supervisor.pk}"
    centre.refresh_from_db()
    assert centre.has_automation
    same = publish(desk, MENU)
    assert messages_of(same) == ["The menu in force is equal to this one."]
    publish(desk, "whatever", none="1")
    assert menu_in_force(centre.pk).body is None
    assert Menu.objects.count() == 2


def test_a_version_names_its_author(desk, centre, supervisor):
    supervisor.first_name, supervisor.last_name = "Rita", "Prado"
    supervisor.save()
    publish(desk, MENU)
    page = desk.get(f"{LIST}{menu_in_force(centre.pk).pk}/change/").content.decode()
    assert "Rita Prado" in page
    assert f"user:{supervisor.pk}" not in page


def test_the_editor_shows_the_menu_in_force_or_a_chosen_version(desk, centre):
    publish_menu(centre.pk, MENU)
    publish_menu(centre.pk, MENU | {"fallback": None})
    assert json.loads(desk.get(ADD).context["body"])["fallback"] is None
    older = desk.get(ADD, {"version": "1"})
    assert json.loads(older.context["body"])["fallback"] == "suporte"


@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000, "[]", "1"])
def test_an_invalid_menu_is_refused_and_shown_again(desk, centre, text):
    answer = publish(desk, text)
    assert answer.status_code == 400
    assert list(answer.context["problems"]) == ["menu"]
    assert answer.context["body"] == text
    assert not Menu.objects.exists()


def test_an_error_names_the_invalid_part(desk, centre):
    answer = publish(desk, MENU | {"fallback": "compras"})
    assert answer.status_code == 400
    assert list(answer.context["problems"]) == ["menu.fallback"]
    assert b"menu.fallback" in answer.content


def test_typed_text_is_escaped(desk, centre):
    hostile = "</textarea></script><script>alert(1)</script>"
    builders.make_area(centre, "x", name=hostile)
    answer = publish(desk, MENU | {"greeting": hostile, "fallback": "?"})
    assert b"<script>alert" not in answer.content


def test_the_menu_of_another_manager_cannot_be_edited(desk, own, foreign):
    answer = desk.post(ADD, {"manager": foreign.manager.pk, "body": json.dumps(MENU)})
    assert answer.status_code == 400
    assert menu_in_force(foreign.manager.pk).version == 1
    assert b"Estranho" not in desk.get(ADD, {"manager": foreign.manager.pk}).content


def test_an_administrator_chooses_the_manager(office, centre, other_manager):
    page = office.get(ADD)
    assert "body" not in page.context
    chosen = office.get(ADD, {"manager": centre.pk})
    assert chosen.context["manager"] == centre


def test_the_version_in_force_is_marked(desk, centre):
    publish_menu(centre.pk, MENU)
    publish_menu(centre.pk, None)
    page = desk.get(LIST).content.decode()
    assert "No menu" in page
    assert "Earlier" in page
    older = Menu.objects.get(version=1)
    assert (
        "Como podemos ajudar?" in desk.get(f"{LIST}{older.pk}/change/").content.decode()
    )
