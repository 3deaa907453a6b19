"""Request bodies of the operations on managers."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hci_center.api.fields import Flag, Phone, Port, PublicId, Text
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of


class ListManagers(Body):
    contacts = Flag(required=False)


class FindManagerByNumber(Body):
    number = Phone()


class FindManagerByPage(Body):
    facebookId = PublicId()


class SaveManager(Body):
    name = Text(200)
    email = Text(254, required=False)
    number = Phone(required=False)
    controllerPort = Port(required=False)
    facebookId = PublicId(required=False)
    facebookToken = Text(4096, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        _require_both(values, wrong, "number", "controllerPort")
        _require_both(values, wrong, "facebookId", "facebookToken")
        require_one_of(values, wrong, "number", "facebookId")


class LinkManager(Body):
    """A page and a number; `mumber` is another spelling of `number`."""

    facebookId = PublicId()
    number = Phone(required=False)
    mumber = Phone(required=False)
    facebookToken = Text(4096, required=False)
    controllerPort = Port(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        if not {"number", "mumber"} & (values.keys() | wrong.keys()):
            wrong["number"] = [_("This field is required.")]


def _require_both(values: Fields, wrong: Wrong, one: str, other: str) -> None:
    """Requires both fields or neither."""
    known = values.keys() | wrong.keys()
    if one in known and other not in known:
        wrong[other] = [_("This field is required.")]
    if other in known and one not in known:
        wrong[one] = [_("This field is required.")]
