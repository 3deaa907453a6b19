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
    """A number for a phone, otherwise a text."""


class ContactShape(serializers.Serializer[Any]):
    id = PersonId(
        help_text="A number on WhatsApp; a text on Facebook, or without a phone."
    )
    name = serializers.CharField()
    photo = serializers.CharField(
        help_text="A link, stored as it was sent; or one to the picture that is kept "
        "here, signed and good for an hour (in the feed without its signature)."
    )
    area = serializers.CharField(help_text='The code of its area, "" where none.')
    operatorId = serializers.CharField(help_text='"0" where nobody answers it.')
    protocol = serializers.CharField()
    sa = serializers.IntegerField(help_text="The step reached in the bot's menu.")
    channel = serializers.ChoiceField(["whatsapp", "facebook"])
    unread = serializers.IntegerField(min_value=0)
    lastMessageAt = serializers.DateTimeField(allow_null=True)
    phone = serializers.IntegerField(
        required=False, help_text="Where it is known and the id is none."
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
    "Where the manager has a list of transfer reasons: `reason` is the code of one, which "
    "people have to give if the area's policy says so, and `note` becomes an internal "
    "note on the chat."
)

PAGES = {
    "list": OperationDoc(
        "All contacts of a manager",
        "Of both channels; the latest message first, those without one last.",
        answer=ContactList,
        example={"contacts": [EXAMPLE]},
        bodies={"By number": {"number": 123456789}},
        rules=(MANAGER,),
        refuses=(ManagerNotFoundError,),
    ),
    "list_of_area": OperationDoc(
        "All contacts of an area",
        "The contacts of that area, whoever answers them.",
        answer=[ContactShape],
        example=[EXAMPLE],
        bodies={"By number": {"number": 123456789, "area": "Id of the area"}},
        rules=(MANAGER,),
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "list_of_operator": OperationDoc(
        "All contacts of an operator, or of an area",
        "Those that the operator answers and those in the area, each once. Operator "
        "`0` selects the ones that nobody answers.",
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
        "The operator claims the contact. Of any number of simultaneous callers "
        "exactly one wins; the others learn who. Again by the winner is fine. Opens "
        "a chat if none is open.",
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
        f"Whoever had it, that operator has it now; `0` releases it. Opens nothing. "
        f"{TRANSFER}",
        answer=text(SENT),
        example=SENT,
        bodies=TO_OPERATOR,
        rules=(MANAGER, CONTACT),
        refuses=(ManagerNotFoundError, ContactNotFoundError, OperatorNotFoundError),
    ),
    "change_area": OperationDoc(
        "Change the area of a contact",
        f"Moves it, and releases it from its operator unless he serves the new area "
        f"too. With `toOperatorId` that operator has it then, or nobody with `0`: both "
        f"or nothing. {TRANSFER}",
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
        "Add a WhatsApp contact",
        "Adds it, or updates the given fields of the one that is there; its operator "
        "and `sa` stay. An area that the manager lacks is created. Without a "
        "`protocol` a new one gets one.",
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
        "Add a Facebook contact",
        "Like `save`, for somebody who writes to the manager's page.",
        answer=ContactShape,
        example=FACEBOOK_EXAMPLE,
        bodies={"By page": ON_FACEBOOK},
        refuses=(ManagerNotFoundError, OperatorNotFoundError),
    ),
    "find_or_add": OperationDoc(
        "Add a contact, or answer its sa",
        "Adds the contact if it is new and changes nothing if it is known. Answers "
        "its `sa`.",
        answer={"type": "integer"},
        example=1,
        bodies={"By page": ON_FACEBOOK},
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, OperatorNotFoundError),
    ),
    "increase_sa": OperationDoc(
        "Increase the sa of a contact",
        "One step on, however many ask at once. Answers the new `sa`.",
        answer={"type": "integer"},
        example=2,
        bodies=STEP,
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
    "decrease_sa": OperationDoc(
        "Decrease the sa of a contact",
        "One step back, however many ask at once. Answers the new `sa`.",
        answer={"type": "integer"},
        example=0,
        bodies=STEP,
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
    "delete": OperationDoc(
        "Delete a contact",
        "It leaves every answer and its chat is closed. Saving it again, or a "
        "message from it, brings it back as a new one.",
        answer=text("Contact deleted"),
        example="Contact deleted",
        bodies={"By number": {"number": 123456789, "contactNumber": 987654321}},
        rules=(MANAGER, CONTACT),
        refuses=(ForbiddenError, ManagerNotFoundError, ContactNotFoundError),
    ),
}
