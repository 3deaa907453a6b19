"""Publishing a menu: validation errors with their place, and the version in force."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from areas.models import Menu
from areas.rules.menus import is_in_menu, menu_in_force, publish_menu, validate_menu
from hci_center.errors import InvalidError
from tests.admin.conftest import agree
from tests.builders import make_area, make_manager
from tests.menus import MENU

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Any:
    manager = make_manager()
    make_area(manager, "vendas")
    make_area(manager, "suporte")
    return manager


def changed(path: str, value: Any) -> Any:
    """Returns MENU with one part replaced: "steps.0.options.2.area"."""
    menu = copy.deepcopy(MENU)
    *way, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    part: Any = menu
    for each in way:
        part = part[each]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return menu


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("steps.0.options.0.area", "compras", "menu.steps[0].options[0].area"),
        ("steps.0.options.0.area", ..., "menu.steps[0].options[0].area"),
        ("steps.0.options.1.step", "nada", "menu.steps[0].options[1].step"),
        ("steps.0.options.1.step", ["suporte"], "menu.steps[0].options[1].step"),
        ("steps.0.options.1.key", 1, "menu.steps[0].options[1].key"),
        ("steps.0.options.0.key", 0, "menu.steps[0].options[0].key"),
        ("steps.0.options.0.key", 100, "menu.steps[0].options[0].key"),
        ("steps.0.options.0.title", " ", "menu.steps[0].options[0].title"),
        ("steps.0.options.0.title", "x" * 61, "menu.steps[0].options[0].title"),
        ("steps.0.options.0.words", "um", "menu.steps[0].options[0].words"),
        ("steps.0.options.0.do", "jump", "menu.steps[0].options[0].do"),
        ("steps.0.options.0.do", ..., "menu.steps[0].options[0].do"),
        ("steps.0.options.0.step", "suporte", "menu.steps[0].options[0].step"),
        ("steps.0.options.2.text", "", "menu.steps[0].options[2].text"),
        ("steps.0.options.0", "vendas", "menu.steps[0].options[0]"),
        ("steps.0.options", [], "menu.steps[0].options"),
        ("steps.0.options", {"1": "vendas"}, "menu.steps[0].options"),
        ("steps.0.text", "\n", "menu.steps[0].text"),
        ("steps.0.text", "x" * 4097, "menu.steps[0].text"),
        ("steps.1.code", "Suporte!", "menu.steps[1].code"),
        ("steps.1.code", "inicio", "menu.steps[1].code"),
        ("steps.1.sa", 1, "menu.steps[1].sa"),
        ("steps.1.sa", 10, "menu.steps[1].sa"),
        ("steps.0.options.1", {"key": 2, "title": "x", "do": "human"}, "menu.steps[1]"),
        ("steps", [], "menu.steps"),
        ("steps", ..., "menu.steps"),
        ("channels", [], "menu.channels"),
        ("channels", ["telegram"], "menu.channels"),
        ("retries", 11, "menu.retries"),
        ("timeout", -1, "menu.timeout"),
        ("onTimeout", "explode", "menu.onTimeout"),
        ("fallback", "compras", "menu.fallback"),
        ("greeting", 1.5, "menu.greeting"),
        ("colour", "red", "menu.colour"),
    ],
)
def test_errors_name_the_invalid_part(manager, path, value, place):
    with pytest.raises(InvalidError) as raised:
        publish_menu(manager.pk, changed(path, value))
    assert place in raised.value.more["fields"]
    assert not Menu.objects.exists()
    manager.refresh_from_db()
    assert not manager.has_automation


@pytest.mark.parametrize("given", [[], "menu", 7, {}])
def test_a_body_that_is_not_a_menu_is_refused(manager, given):
    with pytest.raises(InvalidError):
        validate_menu(manager.pk, given)


def test_too_many_steps_and_options_are_refused(manager):
    step = {"code": "a", "text": "?", "options": [{}]}
    with pytest.raises(InvalidError) as raised:
        validate_menu(manager.pk, {"steps": [step] * 51})
    assert list(raised.value.more["fields"]) == ["menu.steps"]
    with pytest.raises(InvalidError) as raised:
        validate_menu(manager.pk, {"steps": [step | {"options": [{}] * 21}]})
    assert list(raised.value.more["fields"]) == ["menu.steps[0].options"]


def test_two_steps_that_lead_to_each_other_alone_are_refused(manager):
    loop = [
        {
            "code": a,
            "text": "?",
            "options": [{"key": 1, "title": b, "do": "step", "step": b}],
        }
        for a, b in (("x", "y"), ("y", "x"))
    ]
    with pytest.raises(InvalidError) as raised:
        validate_menu(manager.pk, MENU | {"steps": MENU["steps"] + loop})
    assert set(raised.value.more["fields"]) == {"menu.steps[2]", "menu.steps[3]"}


def test_an_area_of_another_manager_is_unknown(manager):
    other = make_manager()
    with pytest.raises(InvalidError):
        validate_menu(other.pk, MENU)


def test_omitted_parts_have_defaults(manager):
    body = validate_menu(manager.pk, {"steps": MENU["steps"]})
    assert body["channels"] == ["whatsapp", "facebook"]
    assert (body["retries"], body["timeout"]) == (2, 900)
    assert (body["onTimeout"], body["fallback"]) == ("fallback", None)
    assert [step["sa"] for step in body["steps"]] == [10, 20]


def test_a_stored_body_is_valid_and_unchanged_when_read_again(manager):
    publish_menu(manager.pk, MENU)
    assert validate_menu(manager.pk, Menu.objects.get().body) == Menu.objects.get().body


def test_versions_are_appended(manager):
    assert publish_menu(manager.pk, MENU, made_by="test")
    assert not publish_menu(manager.pk, copy.deepcopy(MENU))
    assert publish_menu(manager.pk, MENU | {"retries": 5})
    assert publish_menu(manager.pk, MENU)
    assert list(Menu.objects.values_list("version", flat=True).order_by("pk")) == [
        1,
        2,
        3,
    ]
    assert menu_in_force(manager.pk).version == 3


def test_none_ends_the_menu_and_updates_has_automation(manager):
    assert not publish_menu(manager.pk, None)
    publish_menu(manager.pk, MENU)
    manager.refresh_from_db()
    assert manager.has_automation
    assert publish_menu(manager.pk, None)
    assert not publish_menu(manager.pk, None)
    assert menu_in_force(manager.pk).body is None
    manager.refresh_from_db()
    assert not manager.has_automation


def test_an_area_of_the_menu_cannot_be_deleted(manager, client, admin_client):
    sales = manager.areas.get(code="vendas")
    publish_menu(manager.pk, MENU)
    url = f"/admin/areas/area/{sales.pk}/delete/"
    assert "The menu leads to" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"post": "yes"}).status_code != 302
    assert manager.areas.filter(pk=sales.pk).exists()
    assert is_in_menu(sales)
    publish_menu(manager.pk, None)
    assert not is_in_menu(sales)
    agree(admin_client, url, {"post": "yes"})
    assert not manager.areas.filter(pk=sales.pk).exists()
    assert not manager.areas.filter(pk=sales.pk).exists()
