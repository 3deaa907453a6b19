"""Publishes the menus of managers and finds the one in force."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from areas.models import Area, Menu
from areas.rules.hours import Problems
from areas.rules.menu_body import area_codes
from areas.rules.menu_values import read_menu
from areas.rules.schedule_versions import refresh_rules
from hci_center.errors import InvalidError
from managers.models import Manager


def validate_menu(
    manager_id: int, given: Any, *, place: str = "menu"
) -> dict[str, Any]:
    """Returns the body in its stored form.

    Raises InvalidError with errors by position, such as
    "menu.steps[0].options[2].area".
    """
    problems: Problems = {}
    areas = Area.objects.in_use().filter(manager=manager_id)
    codes = set(areas.values_list("code", flat=True))
    body = read_menu(given, areas=codes, place=place, problems=problems)
    if problems:
        raise InvalidError(problems)
    return body


def publish_menu(
    manager_id: int, given: Any, *, place: str = "menu", made_by: str = ""
) -> bool:
    """Publishes the menu as a new version; None removes the menu.

    A menu equal to the one in force creates no version. Customers inside an older
    version keep it. Raises InvalidError like `validate_menu`. Returns whether it is
    new.
    """
    with transaction.atomic():
        # Publications of one manager are serialized, because versions are numbered.
        Manager.objects.select_for_update(no_key=True).only("pk").get(pk=manager_id)
        body = None
        if given is not None:
            body = validate_menu(manager_id, given, place=place)
        newest = menu_in_force(manager_id)
        if body == (None if newest is None else newest.body):
            return False
        version = 1 if newest is None else newest.version + 1
        Menu.objects.create(
            manager_id=manager_id, version=version, body=body, made_by=made_by
        )
        refresh_rules(manager_id, made_by)
    return True


def menu_in_force(manager_id: int) -> Menu | None:
    """Returns the latest version, whose body is None if the menu was removed."""
    return Menu.objects.filter(manager=manager_id).order_by("-version").first()


def is_in_menu(area: Area) -> bool:
    """Returns whether the manager's menu refers to the area."""
    menu = menu_in_force(area.manager_id)
    if menu is None or menu.body is None:
        return False
    return area.code in area_codes(menu.body)
