"""Request bodies of the operations on contacts.

A manager is identified by `number` or by `facebookId`; this also determines the channel
of a `contactId`. `validate_fields` adds the values that rules need: `manager` (a
ManagerRef) and `contact` (channel and id).
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _

from contacts.models import Channel
from hci_center.api.fields import AnyValue, ContactId, OperatorId, Phone, PublicId, Text
from hci_center.api.parsers import ContactKey
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of


class OfManager(Body):
    """`number` or `facebookId` names the manager; if both are sent, both must match."""

    number = Phone(required=False)
    facebookId = PublicId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")
        values["manager"] = {
            name: values[field]
            for field, name in (("number", "number"), ("facebookId", "facebook_id"))
            if field in values
        }


class ListContacts(OfManager):
    pass


class ListContactsOfArea(OfManager):
    area = Text(200)


class ListContactsOfOperator(OfManager):
    operatorId = OperatorId()
    area = Text(200)


class OfContact(OfManager):
    """`contactNumber` or `contactId` names the contact."""

    # The one of the two that the API document requires.
    contact_field: ClassVar[str] = "contactId"

    contactNumber = Phone(required=False)
    contactId = ContactId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        super().validate_fields(values, wrong)
        by_page = "facebookId" in values and "number" not in values
        key = values.get("contactId")
        if key is not None and by_page:
            values["contact"] = _facebook_contact(key, wrong)
        elif "contactNumber" in values:
            values["contact"] = (Channel.WHATSAPP.value, str(values["contactNumber"]))
        elif key is not None:
            values["contact"] = whatsapp_contact(key, wrong)
        elif not {"contactNumber", "contactId"} & wrong.keys():
            field = "contactId" if by_page else cls.contact_field
            wrong[field] = [_("This field is required.")]


class AnswerContact(OfContact):
    operatorId = OperatorId()


class Transferred(Body):
    """`reason` and `note` are only checked if the manager has transfer reasons."""

    reason = AnyValue(32, required=False)
    note = AnyValue(4096, required=False)


class HandOverContact(OfContact, Transferred):
    operatorId = OperatorId()


class ChangeArea(OfContact, Transferred):
    contact_field = "contactNumber"

    area = Text(200)
    toOperatorId = OperatorId(required=False)


class StepContact(OfContact):
    pass


class DeleteContact(OfContact):
    contact_field = "contactNumber"


class SaveContact(Body):
    """`contactNumber` names the contact; `contactId` names one without a phone number."""

    number = Phone()
    name = Text(200)
    photo = Text(2048, required=False, clearable=True)
    contactNumber = Phone(required=False)
    contactId = ContactId(required=False)
    area = Text(200, required=False)
    protocol = Text(64, required=False)
    operatorId = OperatorId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        values["manager"] = {"number": values.get("number")}
        if "contactNumber" in values:
            values["contact"] = (Channel.WHATSAPP.value, str(values["contactNumber"]))
        elif "contactId" in values:
            values["contact"] = whatsapp_contact(values["contactId"], wrong)
        elif not {"contactNumber", "contactId"} & wrong.keys():
            wrong["contactNumber"] = [_("This field is required.")]


class SaveFacebookContact(Body):
    name = Text(200)
    photo = Text(2048, required=False, clearable=True)
    area = Text(200, required=False)
    protocol = Text(64, required=False)
    contactId = PublicId()
    facebookId = PublicId()
    operatorId = OperatorId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        values["manager"] = {"facebook_id": values.get("facebookId")}
        values["contact"] = (Channel.FACEBOOK.value, values.get("contactId"))


class FindOrAddContact(OfContact):
    name = Text(200)
    photo = Text(2048, required=False, clearable=True)
    area = Text(200, required=False)
    protocol = Text(64, required=False)
    operatorId = OperatorId(required=False)


def whatsapp_contact(key: ContactKey, wrong: Wrong) -> tuple[str, str]:
    """Returns channel and id of a WhatsApp `contactId`; adds errors to `wrong`."""
    # The id of a user without a phone is never numeric: this number has too many
    # digits.
    if key.phone is None and key.whatsapp_id.removeprefix("-").isdigit():
        wrong["contactId"] = [_("A phone number has 1 to 15 digits.")]
    return Channel.WHATSAPP.value, key.whatsapp_id


def _facebook_contact(key: ContactKey, wrong: Wrong) -> tuple[str, str]:
    if key.facebook_id is None:
        wrong["contactId"] = [_("An id has 1 to 64 letters, digits or _ . : -")]
    return Channel.FACEBOOK.value, key.facebook_id or ""
