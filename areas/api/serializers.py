"""Request bodies of the operations on areas and login sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _

from areas.models import Availability
from areas.models.policies import YEAR
from hci_center.api.fields import (
    Integer,
    Moment,
    OneOf,
    OperatorId,
    Phone,
    PublicId,
    Text,
)
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of
from hci_center.errors import InvalidError


class EndSession(Body):
    id = Integer(1, 2**63 - 1)


class ListOperators(Body):
    # A code or, if no code matches, a name, which may be longer.
    idarea = Text(200)


class FindHours(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    # If absent, the manager's own hours.
    area = Text(200, required=False)
    at = Moment(required=False)
    add = Integer(0, YEAR, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")


class SetPresence(Body):
    operatorId = OperatorId()
    presence = OneOf(*Availability.State.values)
    # The code of a pause reason.
    reason = Text(32, required=False)


class SignIn(Body):
    username = Text(150)
    password = Text(4096)
    # The code of the second factor, if the account has one.
    otp = Text(64, required=False)


class ChangePassword(Body):
    password = Text(4096)
    newPassword = Text(4096)


# The size limit of the console's settings, in bytes.
MOST_SETTINGS = 16 * 1024


class SaveSettings(Body):
    """Any object: the console decides what it stores."""

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> Fields:
        """Returns the whole object in `settings`."""
        settings = dict(sent)
        try:
            text = orjson.dumps(settings)
        except TypeError as error:  # an integer over 64 bits, or a lone surrogate
            sentence = _("This holds a number or a text that cannot be stored.")
            raise InvalidError(sentence=sentence) from error
        if len(text) > MOST_SETTINGS:
            sentence = _("This is larger than %d bytes.") % MOST_SETTINGS
            raise InvalidError(sentence=sentence)
        if b"\\u0000" in text:
            raise InvalidError(sentence=_("This holds a NUL character."))
        return {"settings": settings}
