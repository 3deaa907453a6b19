"""The request bodies of the calls about operators."""

from __future__ import annotations

from hci_center.api.fields import Phone, PublicId, Text
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of


class FindOperators(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    # A code or, if no code matches, a name, which may be longer.
    area = Text(200, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")
