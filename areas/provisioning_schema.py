"""Parses a provisioning file with the parsers of the API's fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from areas.naming import normalize_area_text
from areas.provisioning_rules import parse_state, parse_time_zone
from hci_center.api.parsers import (
    WrongValueError,
    parse_phone,
    parse_port,
    parse_public_id,
    parse_text,
)
from hci_center.api.request_parsing import parse_object
from hci_center.errors import MalformedBodyError
from managers.models import Manager

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Values = dict[str, Any]
Parse = Callable[[Any], Any]


class ProvisionError(Exception):
    """The reasons why nothing was provisioned, one sentence each with its location."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class ManagerPlan:
    """A manager of the file; only given values are present."""

    values: Values
    supervisors: list[Values]
    areas: list[Values]
    operators: list[Values]
    # As given, to be read where the areas that they name are known; null is a value.
    rules: Values


def read_file(content: bytes) -> list[ManagerPlan]:
    """Returns the managers of the file; raises ProvisionError with all errors."""
    try:
        document = parse_object(content.removeprefix(_BYTE_ORDER_MARK))
    except MalformedBodyError as error:
        raise ProvisionError(_("The file is not a JSON object.")) from error
    reader = _Reader()
    plans = reader.managers(document)
    if reader.problems:
        raise ProvisionError(*reader.problems)
    return plans


def _choice(options: list[str], value: Any) -> str:
    if value not in options:
        raise WrongValueError(_("This is one of %s.") % ", ".join(options))
    return str(value)


def _settings(value: Any) -> Values:
    if not isinstance(value, dict):
        raise WrongValueError(_("This must be an object."))
    return value


def _username(value: Any) -> str:
    """Returns a user name in its stored form, which is used to sign in.

    Composed and decomposed letters are the same text. Other forms of a letter, such as
    full-width ones, may be meant as another person's name and are rejected.
    """
    username = unicodedata.normalize("NFC", parse_text(value, 150))
    stored = User.normalize_username(username)
    if stored != username:
        sentence = _("Write this user name as %s, as whoever bears it signs in.")
        raise WrongValueError(sentence % stored)
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise WrongValueError(" ".join(error.messages)) from error
    return username


def _area_text(value: Any, longest: int) -> str:
    """Returns a code or a name in its stored form."""
    text = normalize_area_text(parse_text(value, longest))
    if not text:
        raise WrongValueError(_("This holds nothing but blanks."))
    return parse_text(text, longest)


def _codes(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise WrongValueError(_("This must be a list."))
    return [_area_text(code, longest=64) for code in value]


_MANAGER: dict[str, Parse] = {
    "name": partial(parse_text, longest=200),
    "email": partial(parse_text, longest=254),
    "number": parse_phone,
    "controllerPort": parse_port,
    "facebookId": parse_public_id,
    "facebookToken": partial(parse_text, longest=4096),
    "gateway": partial(_choice, Manager.Gateway.values),
    "gatewaySettings": _settings,
    "timeZone": parse_time_zone,
    "uf": parse_state,
}
# Of a manager; `policy` also of an area.
_RULES = ("policy", "holidays", "nationalHolidays")
_PARTS = ("supervisors", "areas", "operators")
_SUPERVISOR: dict[str, Parse] = {
    "username": _username,
    "password": partial(parse_text, longest=4096),
}
_AREA: dict[str, Parse] = {
    "code": partial(_area_text, longest=64),
    "name": partial(_area_text, longest=200),
    # Checked with the manager's.
    "policy": lambda value: value,
}
_OPERATOR: dict[str, Parse] = {
    **_SUPERVISOR,
    "name": partial(parse_text, longest=200),
    "email": partial(parse_text, longest=254),
    "areas": _codes,
}
# Fields that only the command's output has; ignored on input.
_PRINTED = frozenset({"id"})


def _given(item: Values, name: str) -> bool:
    """Returns whether the field is given; null and "" count as absent."""
    return item.get(name) not in (None, "")


@dataclass
class _Reader:
    problems: list[str] = field(default_factory=list)

    def managers(self, document: Values) -> list[ManagerPlan]:
        self._refuse_unknown(document, {"managers"}, "")
        return [
            self._manager(item, location)
            for item, location in self._list(document, "managers", "")
        ]

    def _manager(self, item: Any, location: str) -> ManagerPlan:
        known = (*_PARTS, *_RULES)
        values = self._object(item, _MANAGER, ("name",), location, parts=known)
        channels = ("number", "facebookId")
        if isinstance(item, dict) and not any(_given(item, name) for name in channels):
            self._add_problem(location, _("One of number, facebookId is required."))
        parts = item if isinstance(item, dict) else {}
        return ManagerPlan(
            values,
            self._part(parts, "supervisors", _SUPERVISOR, "username", location),
            self._part(parts, "areas", _AREA, "code", location),
            self._part(parts, "operators", _OPERATOR, "username", location),
            {name: parts[name] for name in _RULES if name in parts},
        )

    def _part(
        self, item: Values, name: str, fields: dict[str, Parse], key: str, location: str
    ) -> list[Values]:
        read = [
            self._object(entry, fields, (key,), where)
            for entry, where in self._list(item, name, location)
        ]
        keys = [values[key] for values in read if key in values]
        for twice in sorted({name for name in keys if keys.count(name) > 1}):
            self._add_problem(f"{location}.{name}", _("%s is there twice.") % twice)
        return read

    def _list(self, item: Values, name: str, location: str) -> list[tuple[Any, str]]:
        where = f"{location}.{name}".lstrip(".")
        entries = item.get(name)
        if entries is None and name != "managers":
            return []
        if not isinstance(entries, list):
            self._add_problem(where, _("This must be a list."))
            return []
        return [(entry, f"{where}[{n}]") for n, entry in enumerate(entries)]

    def _object(
        self,
        item: Any,
        fields: dict[str, Parse],
        required: tuple[str, ...],
        location: str,
        parts: tuple[str, ...] = (),
    ) -> Values:
        """Returns the parsed values that are given."""
        if not isinstance(item, dict):
            self._add_problem(location, _("This must be an object."))
            return {}
        self._refuse_unknown(item, {*fields, *parts, *_PRINTED}, location)
        values = {}
        for name, parse in fields.items():
            is_null = name == "policy" and name in item
            if not _given(item, name) and not is_null:
                if name in required:
                    self._add_problem(
                        f"{location}.{name}", _("This field is required.")
                    )
                continue
            try:
                values[name] = parse(item[name])
            except WrongValueError as error:
                self._add_problem(f"{location}.{name}", str(error.sentence))
        return values

    def _refuse_unknown(self, item: Values, known: set[str], location: str) -> None:
        for name in item.keys() - known:
            self._add_problem(f"{location}.{name}", _("There is no such field."))

    def _add_problem(self, location: str, sentence: str) -> None:
        self.problems.append(f"{location.lstrip('.') or 'file'}: {sentence}")
