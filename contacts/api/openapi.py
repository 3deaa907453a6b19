"""OpenAPI documentation of the operations on contacts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hci_center.api.schema.operation_docs import OperationDoc, one_of, text
from hci_center.errors import (
    AlreadyAnsweredError,
    AreaNotFoundError,
    ContactNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)

CHAPTER = "Contacts"


@extend_schema_field({"type": ["integer", "string"]})
class PersonId(serializers.Field[Any, Any, Any, Any]):
    """A number for a phone number, otherwise a string."""


class ContactShape(serializers.Serializer[Any]):
    id = PersonId(
        help_text="A number for a WhatsApp contact with a phone number; a string for a "
        "Facebook contact and for a WhatsApp contact without a phone number."
    )
    name = serializers.CharField()
    photo = serializers.CharField(
        help_text="A link to the picture: as it was sent, or, if the picture is stored "
        "here, a signed link that is valid for 1 hour (without its signature in "
        "the feed)."
    )
    area = serializers.CharField(
        help_text='The code of the contact\'s area; empty ("") if it has none.'
    )
    operatorId = serializers.CharField(
        help_text='The operator who answers the contact; "0" if nobody does.'
    )
    protocol = serializers.CharField()
    sa = serializers.IntegerField(
        help_text="The step of the menu bot that the contact has reached."
    )
    channel = serializers.ChoiceField(["whatsapp", "facebook"])
    unread = serializers.IntegerField(
        min_value=0, help_text="The number of unread messages of the open chat."
    )
    lastMessageAt = serializers.DateTimeField(
        allow_null=True,
        help_text="The time of the latest message; null if there is none.",
    )
    phone = serializers.IntegerField(
        required=False,
        help_text="The phone number, if it is known and `id` is not a phone number.",
    )


class ContactList(serializers.Serializer[Any]):
    contacts = ContactShape(many=True)


EXAMPLE = {
    "id": 987654321,
    "name": "ExampleName",
    "photo": "Not Required",
    "area": "Area String",
    "operatorId": "2",
    "protocol": "BR848a795dsa684d",
    "sa": -100,
    "channel": "whatsapp",
    "unread": 0,
    "lastMessageAt": None,
}
FACEBOOK_EXAMPLE = EXAMPLE | {"id": "facebookId", "sa": 1, "channel": "facebook"}

SENT = "Contact Send to the operator"
TO_OPERATOR = {
    "By number": {
        "number": 123456879,
        "operatorId": "operatorId",
        "contactId": 987654321,
    },
    "By page": {
        "facebookId": "123456879",
        "operatorId": "operatorId",
        "contactId": 987654321,
    },
}
ON_FACEBOOK = {
    "name": "ExampleName",
    "photo": "Not Required",
    "area": "Area String",
    "protocol": "BR98465483218",
    "contactId": "facebookId",
    "facebookId": "Id-Of-the-facebook-Page",
}
STEP = {"By page": {"facebookId": "369258147", "contactId": "7418252963"}}

MANAGER = one_of("number", "facebookId")
CONTACT = one_of("contactId", "contactNumber")

TRANSFER = (
    "If the manager has a list of transfer reasons, `reason` is the code of one of them, "
    "and `note` is stored as an internal note on the chat. People must give a reason if "
    "the area's settings require it."
)

PAGES = {
    "list": OperationDoc(
        "Find all contacts of a manager",
        "Returns the contacts of both channels. The contact with the latest "
        "message comes first; contacts without messages come last, the newest of "
        "them first.",
        answer=ContactList,
        example={"contacts": [EXAMPLE]},
        bodies={"By number": {"number": 123456789}},
        rules=(MANAGER,),
        refuses=(ManagerNotFoundError,),
    ),
    "list_of_area": OperationDoc(
        "Get all contacts of an area",
        "Returns all contacts of the area, with or without an operator.",
        answer=[ContactShape],
        example=[EXAMPLE],
        bodies={"By number": {"number": 123456789, "area": "Id of the area"}},
        rules=(MANAGER,),
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "list_of_operator": OperationDoc(
        "Get all contacts of an operator or an area",
        "Returns the contacts that the operator answers and the contacts of the "
        "area, each once. With operator `0`, returns the contacts without an "
        "operator instead of an operator's.",
        answer=ContactList,
        example={"contacts": [EXAMPLE]},
        bodies={
            "By number": {
                "number": 123456789,
                "operatorId": "operatorId",
                "area": "operator Area",
            }
        },
        rules=(MANAGER,),
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            AreaNotFoundError,
            OperatorNotFoundError,
        ),
    ),
    "answer": OperationDoc(
        "Answer a contact",
        "The operator claims the contact. If several operators call at the same "
        "time, exactly one of them succeeds; the others get 409 "
        "`already_answered` with the id and the name of the operator who has the "
        "contact. Repeating the call as that operator is safe. Opens a chat if "
        "the contact has no open one.",
        answer=text(SENT),
        example=SENT,
        bodies=TO_OPERATOR,
        rules=(MANAGER, CONTACT),
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            ContactNotFoundError,
            OperatorNotFoundError,
            AlreadyAnsweredError,
        ),
    ),
    "hand_over": OperationDoc(
        "Send a contact to an operator",
        "Hands the contact over to the operator, also if another operator has "
        "it. With operator `0`, the contact is released. Does not open a chat. "
        f"{TRANSFER}",
        answer=text(SENT),
        example=SENT,
        bodies=TO_OPERATOR,
        rules=(MANAGER, CONTACT),
        refuses=(ManagerNotFoundError, ContactNotFoundError, OperatorNotFoundError),
    ),
    "change_area": OperationDoc(
        "Change the area of a contact",
        "Moves the contact to the area. The contact's operator keeps it only if "
        "they serve the new area; otherwise it is released. With `toOperatorId`, "
        "the contact is handed over to that operator, or released with `0`, in "
        f"the same transaction. {TRANSFER}",
        answer=text("Contact changed Area"),
        example="Contact changed Area",
        bodies={
            "By number": {
                "number": 123456879,
                "area": "AreaId",
                "contactNumber": 987654321,
            }
        },
        rules=(MANAGER, CONTACT),
        refuses=(
            ManagerNotFoundError,
            ContactNotFoundError,
            AreaNotFoundError,
            OperatorNotFoundError,
        ),
    ),
    "save": OperationDoc(
        "Add a new WhatsApp contact",
        "Adds the contact. If it exists already, updates the given fields and "
        "keeps its operator and `sa`. If the manager has no such area, the area "
        "is created. A new contact without `protocol` gets a generated one. Give "
        "`contactId` instead of `contactNumber` for a WhatsApp contact without a "
        "phone number.",
        answer=ContactShape,
        example=EXAMPLE,
        bodies={
            "By number": {
                "number": 123456789,
                "name": "ExampleName",
                "photo": "Not Required",
                "contactNumber": 987654321,
                "area": "Area String",
                "protocol": "protocol Id",
            }
        },
        rules=(CONTACT,),
        refuses=(ManagerNotFoundError, OperatorNotFoundError),
    ),
    "save_facebook": OperationDoc(
        "Add a new Facebook contact",
        "Adds a contact of the manager's Facebook page, or updates the existing "
        "one. The rules are those of `user/contact/save`.",
        answer=ContactShape,
        example=FACEBOOK_EXAMPLE,
        bodies={"By page": ON_FACEBOOK},
        refuses=(ManagerNotFoundError, OperatorNotFoundError),
    ),
    "find_or_add": OperationDoc(
        "Add a Facebook contact or return its sa",
        "Adds the contact if it is new; an existing contact is not changed. "
        "Returns its `sa`. Also takes WhatsApp contacts, with `number` and "
        "`contactNumber`.",
        answer={"type": "integer"},
        example=1,
        bodies={"By page": ON_FACEBOOK},
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, OperatorNotFoundError),
    ),
    "increase_sa": OperationDoc(
        "Increase the sa of a contact",
        "Adds 1 to the contact's `sa` and returns the new value. Simultaneous "
        "calls are all counted.",
        answer={"type": "integer"},
        example=2,
        bodies=STEP,
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
    "decrease_sa": OperationDoc(
        "Decrease the sa of a contact",
        "Subtracts 1 from the contact's `sa` and returns the new value. "
        "Simultaneous calls are all counted.",
        answer={"type": "integer"},
        example=0,
        bodies=STEP,
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
    "delete": OperationDoc(
        "Delete a contact",
        "Deletes the contact and closes its chat. The contact is no longer "
        "returned by any call. If it is saved again, or a message from it "
        "arrives, it comes back as a new contact.",
        answer=text("Contact deleted"),
        example="Contact deleted",
        bodies={"By number": {"number": 123456789, "contactNumber": 987654321}},
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
}
