"""The provisioning file as DRF serializers, with the parsers of the API's fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.settings import api_settings

from areas.naming import normalize_area_text
from areas.provisioning_lists import LISTS
from areas.provisioning_rules import parse_state, parse_time_zone
from hci_center.api.parsers import (
    WrongValueError,
    parse_integer,
    parse_phone,
    parse_port,
    parse_public_id,
    parse_text,
)
from hci_center.api.request_parsing import parse_object
from hci_center.errors import MalformedBodyError
from managers.models import Manager

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# The highest limit of open chats that is no mistake.
MOST_CHATS = 1000

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
    file = FilePart(data=document)
    if not file.is_valid():
        raise ProvisionError(*_sentences(file.errors, ""))
    return [_plan(manager) for manager in file.validated_data["managers"]]


def _plan(manager: Values) -> ManagerPlan:
    parts = {name: manager.pop(name, []) for name in PARTS}
    rules = {name: manager.pop(name) for name in RULES if name in manager}
    return ManagerPlan(manager, **parts, rules=rules)


def _sentences(detail: Any, place: str) -> Iterator[str]:
    """Yields the errors of a serializer as "managers[0].name: sentence"."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _sentences(inner, f"{place}{_step(name)}")
    else:
        for sentence in detail:
            yield f"{place.lstrip('.') or 'file'}: {sentence}"


def _step(name: Any) -> str:
    """Returns what a field or an index adds to the place; errors of a whole nothing."""
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return ""
    return f"[{name}]" if isinstance(name, int) else f".{name}"


class Parsed(serializers.Field[Any, Any, Any, Any]):
    """A value that a parser of the API's fields reads."""

    def __init__(self, parse: Parse, **options: Any) -> None:
        self.parse = parse
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self.parse(data)
        except WrongValueError as error:
            raise serializers.ValidationError(str(error.sentence)) from error


class AsGiven(serializers.Field[Any, Any, Any, Any]):
    """A value that is read later; null is a value."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        return data


class PartList(serializers.ListSerializer[Any]):
    """A list of objects, none of which has the key of another."""

    default_error_messages: ClassVar[Values] = {
        "not_a_list": gettext_lazy("This must be a list.")
    }

    def to_internal_value(self, data: Any) -> list[Values]:
        read: list[Values] = super().to_internal_value(data)
        key = getattr(self.child, "key", None)
        keys = [values[key] for values in read] if key else []
        twice = sorted({name for name in keys if keys.count(name) > 1})
        if twice:
            raise serializers.ValidationError(
                {
                    api_settings.NON_FIELD_ERRORS_KEY: [
                        _("%s is there twice.") % name for name in twice
                    ]
                }
            )
        return read


class Part(serializers.Serializer[Any]):
    """An object of the file. A field that is null or "" is not given.

    Fields that it does not know are refused, except those that only the command's
    output has.
    """

    default_error_messages: ClassVar[Values] = {
        "invalid": gettext_lazy("This must be an object.")
    }
    printed: ClassVar[frozenset[str]] = frozenset({"id"})

    class Meta:
        list_serializer_class = PartList

    def to_internal_value(self, data: Any) -> Values:
        if not isinstance(data, dict):
            self.fail_as_a_whole("invalid")
        problems: dict[str, Any] = {
            name: [_("There is no such field.")]
            for name in data.keys() - self.fields.keys() - self.printed
        }
        problems.update(self.problems_of(data))
        given = {name: data[name] for name in data if self._is_given(data, name)}
        try:
            values: Values = super().to_internal_value(given)
        except serializers.ValidationError as error:
            problems.update(cast(dict[str, Any], error.detail))
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def problems_of(self, data: Values) -> Values:
        """Returns problems of several fields together, by field."""
        return {}

    def fail_as_a_whole(self, code: str) -> None:
        sentence = self.error_messages[code]
        raise serializers.ValidationError(
            {api_settings.NON_FIELD_ERRORS_KEY: [sentence]}
        )

    def _is_given(self, data: Values, name: str) -> bool:
        field = self.fields.get(name)
        if field is not None and field.allow_null:
            return True
        return data[name] is not None and data[name] != ""


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


def _cap(value: Any) -> int:
    return parse_integer(value, 0, MOST_CHATS)


def _codes(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise WrongValueError(_("This must be a list."))
    return [_area_text(code, longest=64) for code in value]


class SupervisorPart(Part):
    key = "username"

    username = Parsed(_username)
    password = Parsed(partial(parse_text, longest=4096), required=False)


class AreaPart(Part):
    key = "code"

    code = Parsed(partial(_area_text, longest=64))
    name = Parsed(partial(_area_text, longest=200), required=False)
    # Checked with the manager's.
    policy = AsGiven()


class OperatorPart(SupervisorPart):
    name = Parsed(partial(parse_text, longest=200), required=False)
    email = Parsed(partial(parse_text, longest=254), required=False)
    areas = Parsed(_codes, required=False)
    # null is what the policy says.
    cap = Parsed(_cap, required=False, allow_null=True)


class ManagerPart(Part):
    name = Parsed(partial(parse_text, longest=200))
    email = Parsed(partial(parse_text, longest=254), required=False)
    number = Parsed(parse_phone, required=False)
    controllerPort = Parsed(parse_port, required=False)
    facebookId = Parsed(parse_public_id, required=False)
    facebookToken = Parsed(partial(parse_text, longest=4096), required=False)
    gateway = Parsed(partial(_choice, Manager.Gateway.values), required=False)
    gatewaySettings = Parsed(_settings, required=False)
    timeZone = Parsed(parse_time_zone, required=False)
    uf = Parsed(parse_state, required=False)
    supervisors = SupervisorPart(many=True, required=False)
    areas = AreaPart(many=True, required=False)
    operators = OperatorPart(many=True, required=False)
    policy = AsGiven()
    holidays = AsGiven()
    nationalHolidays = AsGiven()
    pauseReasons = AsGiven()
    closingReasons = AsGiven()
    transferReasons = AsGiven()
    tags = AsGiven()
    replies = AsGiven()

    def problems_of(self, data: Values) -> Values:
        if any(self._is_given(data, name) for name in data.keys() & CHANNELS):
            return {}
        sentence = _("One of number, facebookId is required.")
        return {api_settings.NON_FIELD_ERRORS_KEY: [sentence]}


class FilePart(Part):
    printed: ClassVar[frozenset[str]] = frozenset()

    managers = ManagerPart(many=True)


CHANNELS = frozenset({"number", "facebookId"})
PARTS = ("supervisors", "areas", "operators")
# Read with the rows that they name; `policy` is also an area's.
RULES = ("policy", "holidays", "nationalHolidays", *LISTS)
