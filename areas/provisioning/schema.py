"""The provisioning file as DRF serializers, with the parsers of the API's fields.

Apps add fields of their own (`areas.provisioning.registry`).
"""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework.settings import api_settings

from areas.naming import normalize_area_text
from areas.provisioning.fields import Parsed, Part, sentences
from areas.provisioning.registry import Values
from hci_center.api.parsers import (
    WrongValueError,
    parse_controller_port,
    parse_phone,
    parse_public_id,
    parse_text,
)
from hci_center.api.request_parsing import parse_object
from hci_center.errors import MalformedBodyError
from managers.models import Manager

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ProvisionError(Exception):
    """The reasons why nothing was provisioned, one sentence each with its location."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read_file(content: bytes) -> list[Values]:
    """Returns the managers of the file with the given values.

    Raises ProvisionError with all errors.
    """
    try:
        document = parse_object(content.removeprefix(_BYTE_ORDER_MARK))
    except MalformedBodyError as error:
        raise ProvisionError(_("The file is not a JSON object.")) from error
    file = FilePart(data=document)
    if not file.is_valid():
        raise ProvisionError(*sentences(file.errors))
    managers: list[Values] = file.validated_data["managers"]
    return managers


def _choice(options: list[str], value: Any) -> str:
    if value not in options:
        raise WrongValueError(_("This must be one of %s.") % ", ".join(options))
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
        raise WrongValueError(_("This contains only blanks."))
    return parse_text(text, longest)


def _codes(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise WrongValueError(_("This must be a list."))
    return [_area_text(code, longest=64) for code in value]


class SupervisorPart(Part):
    key = "username"

    username = Parsed(_username)
    password = Parsed(partial(parse_text, longest=4096), required=False)


class AreaPart(Part):
    level = "area"
    key = "code"

    code = Parsed(partial(_area_text, longest=64))
    name = Parsed(partial(_area_text, longest=200), required=False)


class OperatorPart(SupervisorPart):
    level = "operator"

    name = Parsed(partial(parse_text, longest=200), required=False)
    email = Parsed(partial(parse_text, longest=254), required=False)
    areas = Parsed(_codes, required=False)


class ManagerPart(Part):
    level = "manager"

    name = Parsed(partial(parse_text, longest=200))
    email = Parsed(partial(parse_text, longest=254), required=False)
    number = Parsed(parse_phone, required=False)
    controllerPort = Parsed(parse_controller_port, required=False)
    facebookId = Parsed(parse_public_id, required=False)
    facebookToken = Parsed(partial(parse_text, longest=4096), required=False)
    gateway = Parsed(partial(_choice, Manager.Gateway.values), required=False)
    gatewaySettings = Parsed(_settings, required=False)
    supervisors = SupervisorPart(many=True, required=False)
    areas = AreaPart(many=True, required=False)
    operators = OperatorPart(many=True, required=False)

    def problems_of(self, data: Values) -> Values:
        if any(self._is_given(data, name) for name in data.keys() & CHANNELS):
            return {}
        sentence = _("One of number, facebookId is required.")
        return {api_settings.NON_FIELD_ERRORS_KEY: [sentence]}


class FilePart(Part):
    printed: ClassVar[frozenset[str]] = frozenset()

    managers = ManagerPart(many=True)


CHANNELS = frozenset({"number", "facebookId"})
