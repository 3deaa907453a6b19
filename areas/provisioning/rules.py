"""Applies the policies, the menu and the holidays of a provisioning file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from areas.codes import areas_by_code
from areas.models import Area, Holiday
from areas.rules.holidays import STATES, add_national_holidays
from areas.rules.hours import Problems, parse_date_hours
from areas.rules.menus import menu_in_force, publish_menu
from areas.rules.policies import stored_policies
from areas.rules.policy_saving import write_policy
from areas.rules.policy_values import printed_policy
from areas.rules.schedule_versions import refresh_rules
from hci_center.api.parsers import (
    WrongValueError,
    parse_flag,
    parse_integer,
    parse_text,
)
from hci_center.errors import InvalidError
from managers.models import Manager

Values = dict[str, Any]
# The years for which national holidays are published.
FIRST_YEAR, LAST_YEAR = 2000, 2100
# A handwritten file has few; a mistake may have many.
MOST_HOLIDAYS = 1000
_HOLIDAY = frozenset({"id", "date", "name", "yearly", "hours", "area"})


def parse_time_zone(value: Any) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        raise WrongValueError(_("This is no time zone, like America/Sao_Paulo."))
    return value


def parse_state(value: Any) -> str:
    """Returns a state of Brazil; "" means none."""
    if value not in ("", *STATES):
        raise WrongValueError(_("This is no state, like SP."))
    return str(value)


def apply_rules(
    manager: Manager, given: Mapping[str, Any], areas: Mapping[str, Any], location: str
) -> None:
    """Saves the given `policy`, `menu`, `holidays`, `nationalHolidays`, areas' policies.

    `areas` are the given policies by the position of the area in the file. Absent keys
    change nothing, and lists delete nothing. Raises InvalidError with the errors by
    position.
    """
    problems: Problems = {}
    codes = areas_by_code(manager.pk)
    _save_holidays(manager, given.get("holidays"), codes, location, problems)
    _add_national(manager, given.get("nationalHolidays"), location, problems)
    policies: list[tuple[int | None, str, Any]] = []
    if "policy" in given:
        policies.append((None, location, given["policy"]))
    for code, (place, policy) in areas.items():
        policies.append((codes[code], place, policy))
    for area_id, place, policy in policies:
        _write_policy(manager.pk, area_id, policy, f"{place}.policy", problems)
    if "menu" in given:
        _publish_menu(manager.pk, given["menu"], f"{location}.menu", problems)
    if problems:
        raise InvalidError(problems)
    refresh_rules(manager.pk, "provision")


def _publish_menu(manager_id: int, menu: Any, place: str, problems: Problems) -> None:
    """Publishes the menu; the `version` from printed output is accepted and ignored."""
    if isinstance(menu, dict):
        menu = {key: menu[key] for key in menu if key != "version"}
    try:
        publish_menu(manager_id, menu, place=place, made_by="provision")
    except InvalidError as error:
        problems |= error.more["fields"]


def _write_policy(
    manager_id: int, area_id: int | None, policy: Any, place: str, problems: Problems
) -> None:
    if policy is not None and not isinstance(policy, dict):
        problems[place] = [_("This must be an object.")]
        return
    try:
        write_policy(manager_id, area_id, policy, place=place)
    except InvalidError as error:
        problems.update(error.more["fields"])


def _save_holidays(
    manager: Manager,
    given: Any,
    codes: Mapping[str, int],
    location: str,
    problems: Problems,
) -> None:
    place = f"{location}.holidays"
    seen: set[tuple[int | None, date]] = set()
    for n, item in enumerate(_listed(given, MOST_HOLIDAYS, place, problems)):
        columns = _read_holiday(item, codes, f"{place}[{n}]", problems)
        if columns is None:
            continue
        key = {"area_id": columns.pop("area_id"), "date": columns.pop("date")}
        if (key["area_id"], key["date"]) in seen:
            problems[f"{place}[{n}]"] = [_("%s is there twice.") % key["date"]]
            continue
        seen.add((key["area_id"], key["date"]))
        row = Holiday.objects.filter(manager=manager, **key).first()
        if row is None:
            Holiday.objects.create(manager=manager, **key, **columns)
        elif any(getattr(row, name) != value for name, value in columns.items()):
            Holiday.objects.filter(pk=row.pk).update(**columns)


def _read_holiday(
    item: Any, codes: Mapping[str, int], place: str, problems: Problems
) -> Values | None:
    """Returns the columns of a holiday, or None if any is wrong."""
    if not isinstance(item, dict):
        problems[place] = [_("This must be an object.")]
        return None
    found: Problems = {
        f"{place}.{name}": [_("There is no such field.")]
        for name in map(str, item.keys() - _HOLIDAY)
    }
    columns: Values = {"area_id": None, "is_yearly": False}
    for name, read in (
        ("date", _date),
        ("name", _name),
        ("yearly", lambda value: parse_flag(False if value is None else value)),
        ("area", lambda value: _area(value, codes)),
    ):
        column = {"yearly": "is_yearly", "area": "area_id"}.get(name, name)
        try:
            columns[column] = read(item.get(name))
        except WrongValueError as error:
            found[f"{place}.{name}"] = [error.sentence]
    columns["hours"] = parse_date_hours(item.get("hours"), f"{place}.hours", found)
    problems.update(found)
    return None if found else columns


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise WrongValueError(_("Write a date like 2027-11-20.")) from error


def _name(value: Any) -> str:
    text = parse_text("" if value is None else value, 100).strip()
    if not text:
        raise WrongValueError(_("This field is required."))
    return text


def _area(value: Any, codes: Mapping[str, int]) -> int | None:
    if value in (None, ""):
        return None
    code = parse_text(value, 64)
    if code not in codes:
        raise WrongValueError(_("The manager has no area %s.") % code)
    return codes[code]


def _add_national(
    manager: Manager, given: Any, location: str, problems: Problems
) -> None:
    place = f"{location}.nationalHolidays"
    for n, year in enumerate(_listed(given, 10, place, problems)):
        try:
            read = parse_integer(year, FIRST_YEAR, LAST_YEAR)
        except WrongValueError as error:
            problems[f"{place}[{n}]"] = [error.sentence]
        else:
            add_national_holidays(manager.pk, read, manager.uf)


def _listed(given: Any, most: int, place: str, problems: Problems) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > most:
        problems[place] = [_("This must be a list of at most %d.") % most]
        return []
    return given


def print_rules(manager: Manager, areas: list[Values]) -> Values:
    """Returns the rules of a manager; adds the rules of each of these areas.

    Empty if nothing is set. National holidays are included in the holidays.
    """
    codes = dict(Area.objects.filter(manager=manager).values_list("pk", "code"))
    rows = stored_policies(manager.pk)
    by_code = {codes[pk]: row for pk, row in rows.items() if pk is not None}
    for shape in areas:
        if shape["code"] in by_code:
            shape["policy"] = printed_policy(by_code[shape["code"]], codes)
    printed: Values = {}
    if manager.time_zone != settings.TIME_ZONE:
        printed["timeZone"] = manager.time_zone
    if manager.uf:
        printed["uf"] = manager.uf
    if None in rows:
        printed["policy"] = printed_policy(rows[None], codes)
    holidays = [
        {
            "date": row.date.isoformat(),
            "name": row.name,
            "yearly": row.is_yearly,
            "hours": row.hours,
            "area": None if row.area_id is None else codes[row.area_id],
        }
        for row in Holiday.objects.filter(manager=manager).order_by("date", "pk")
    ]
    printed |= {"holidays": holidays} if holidays else {}
    menu = menu_in_force(manager.pk)
    if menu is not None and menu.body is not None:
        printed["menu"] = menu.body | {"version": menu.version}
    return printed
