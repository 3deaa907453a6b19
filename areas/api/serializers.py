"""Request bodies of the operations on areas and login sessions."""

from __future__ import annotations

from areas.models import Availability
from areas.models.policies import YEAR
from hci_center.api.fields import (
    Integer,
    OneOf,
    OperatorId,
    Phone,
    PublicId,
    Text,
    TimestampField,
)
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of


class ListOperators(Body):
    # A code or, if no code matches, a name, which may be longer.
    idarea = Text(200)


class FindHours(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    # Without it, the manager's own hours.
    area = Text(200, required=False)
    at = TimestampField(required=False)
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
