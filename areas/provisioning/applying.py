"""Applies a provisioning file to managers, areas and people, all or nothing."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from areas.codes import areas_by_code
from areas.models import Area, Operator, OperatorArea
from areas.provisioning.fields import sentences
from areas.provisioning.people import refuse_wrong_people
from areas.provisioning.registry import Values, sections
from areas.provisioning.schema import ProvisionError
from hci_center.database.timeouts import timeouts
from hci_center.encryption import has_value
from hci_center.errors import InvalidError
from managers.models import Manager, Supervision

# One at a time: overlapping runs would conflict on each other's rows.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('hci_center.provision'))"

# What every file may set; sections set other columns.
_COLUMNS = {
    "name": "name",
    "email": "email",
    "number": "number",
    "controllerPort": "controller_port",
    "facebookId": "facebook_id",
    "facebookToken": "facebook_token",
    "gateway": "gateway",
}

Row = TypeVar("Row", bound=models.Model)


def provision(managers: list[Values]) -> Values:
    """Creates or updates what a file contains, and returns it with all ids.

    Omitting something does not delete it, and applying a file twice changes nothing.
    Raises ProvisionError, and then nothing has changed.
    """
    with transaction.atomic():
        _wait_for_turn()
        refuse_wrong_people(managers)
        done: dict[int, str] = {}
        shapes = []
        for number, given in enumerate(managers):
            location = f"managers[{number}]"
            manager = _save_manager(given, location)
            if manager.pk in done:
                raise ProvisionError(
                    _("%(place)s: This is the same manager as %(other)s.")
                    % {"place": location, "other": done[manager.pk]}
                )
            done[manager.pk] = location
            shape = _save_parts(manager, given, location)
            _apply_sections(manager, given, location)
            for section in sections():
                section.show(manager, shape)
            shapes.append(shape)
        return {"managers": shapes}


def _wait_for_turn() -> None:
    """Waits for runs that started earlier, without a timeout."""
    usual = timeouts().settings()["lock_timeout"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute(_ONE_AT_A_TIME)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def _apply_sections(manager: Manager, given: Values, location: str) -> None:
    """Applies all sections; raises ProvisionError with the errors of all."""
    problems: Values = {}
    for section in sections():
        try:
            section.apply(manager, given, location)
        except InvalidError as error:
            problems.update(error.more["fields"])
    if problems:
        raise ProvisionError(*sentences(problems))


def _save_parts(manager: Manager, given: Values, location: str) -> Values:
    supervisors = [
        _save_supervisor(manager, values, f"{location}.supervisors[{n}]")
        for n, values in enumerate(given.get("supervisors", []))
    ]
    areas = [
        _save_area(manager, values, f"{location}.areas[{n}]")
        for n, values in enumerate(given.get("areas", []))
    ]
    operators = [
        _save_operator(manager, values, f"{location}.operators[{n}]")
        for n, values in enumerate(given.get("operators", []))
    ]
    port = manager.controller_port
    return {
        "id": manager.pk,
        "name": manager.name,
        "email": manager.email,
        "number": manager.number,
        "controllerPort": "" if port is None else str(port),
        "facebookId": manager.facebook_id or "",
        "gateway": manager.gateway,
        "supervisors": supervisors,
        "areas": areas,
        "operators": operators,
    }


def _save_manager(given: Values, location: str) -> Manager:
    values = {_COLUMNS[name]: given[name] for name in given if name in _COLUMNS}
    manager = _find_manager(values) or Manager()
    if "gatewaySettings" in given:
        settings = given["gatewaySettings"]
        if _settings_of(manager) != settings:
            values["gateway_settings"] = json.dumps(settings)
    return _save(
        manager,
        values,
        f"{location}: " + _("The number, page or port already belongs to a manager."),
    )


def _find_manager(given: Values) -> Manager | None:
    """Returns the manager with that number, else with that page, or None."""
    for column in ("number", "facebook_id"):
        if column in given:
            rows = Manager.objects.without_secrets()
            found = rows.filter(**{column: given[column]}).first()
            if found is not None:
                return found
    return None


def _settings_of(manager: Manager) -> Any:
    try:
        text = manager.gateway_settings
    except ImproperlyConfigured:  # no key decrypts them
        return None
    return json.loads(text) if text else None


def _save_area(manager: Manager, values: Values, location: str) -> Values:
    code = values["code"]
    area = Area.objects.filter(manager=manager, code=code).first()
    if area is None:
        area = Area(manager=manager, code=code, name=code)
    elif area.successor is not None:
        raise ProvisionError(
            f"{location}.code: "
            + _("This area was put away. Its successor is %s.") % area.successor.code
        )
    # An area in the file counts as reviewed.
    area = _save(
        area,
        {name: values[name] for name in ("code", "name") if name in values}
        | {"needs_review": False},
        f"{location}: " + _("Another area of the manager bears this name."),
    )
    return {"id": area.code, "code": area.code, "name": area.name}


def _save_supervisor(manager: Manager, values: Values, location: str) -> Values:
    user = _save_user(values, location)
    if Operator.objects.filter(user=user).exists():
        raise ProvisionError(f"{location}: " + _("This user is an operator."))
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    Supervision.objects.get_or_create(user=user, manager=manager)
    return {"username": user.username}


def _save_operator(manager: Manager, values: Values, location: str) -> Values:
    user = _save_user(values, location)
    operator = Operator.objects.filter(user=user).first()
    if operator is None:
        if user.is_staff or user.is_superuser:
            raise ProvisionError(f"{location}: " + _("This user is a supervisor."))
        operator = Operator(user=user, manager=manager, name=user.username)
    elif operator.manager_id != manager.pk:
        raise ProvisionError(
            f"{location}: " + _("This user is an operator of another manager.")
        )
    own: Values = {name: values[name] for name in ("name", "email") if name in values}
    operator = _save(operator, own, location)
    return {
        "id": str(operator.pk),
        "username": user.username,
        "name": operator.name,
        "email": operator.email,
        "areas": _serve(operator, values.get("areas", []), location),
    }


def _serve(operator: Operator, codes: list[str], location: str) -> list[str]:
    """Adds areas to the operator's; returns all codes, the given ones first."""
    areas = areas_by_code(operator.manager_id)
    for code in codes:
        if code not in areas:
            raise ProvisionError(
                f"{location}.areas: " + _("The manager has no area %s.") % code
            )
        OperatorArea.objects.get_or_create(
            operator=operator,
            area_id=areas[code],
            defaults={"manager_id": operator.manager_id},
        )
    served = operator.areas.order_by("pk").values_list("code", flat=True)
    return list(dict.fromkeys([*codes, *served]))


def _save_user(values: Values, location: str) -> User:
    """Returns the user of that name; sets the password if given and different."""
    password = values.get("password")
    user = User.objects.filter(username=values["username"]).first()
    if user is None:
        # Without a password nobody can sign in until one is set.
        try:
            with transaction.atomic():
                return User.objects.create_user(values["username"], password=password)
        except IntegrityError as error:
            # It was created meanwhile in the admin.
            sentence = _("This user name is taken.")
            raise ProvisionError(f"{location}.username: {sentence}") from error
    if password is not None and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def _save(row: Row, values: Values, if_taken: str) -> Row:
    """Saves the columns that differ, if any.

    Raises ProvisionError with `if_taken` if another row has one of the values.
    """
    changed = [
        name for name, value in values.items() if not has_value(row, name, value)
    ]
    for name in changed:
        setattr(row, name, values[name])
    is_new = row.pk is None
    if is_new or changed:
        try:
            with transaction.atomic():
                row.save(update_fields=None if is_new else changed)
        except IntegrityError as error:
            raise ProvisionError(if_taken) from error
    return row
