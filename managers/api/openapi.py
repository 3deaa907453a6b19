"""OpenAPI documentation of the operations on managers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from contacts.api.openapi import ContactShape
from hci_center.api.schema.operation_docs import OperationDoc, both, one_of
from hci_center.errors import (
    ForbiddenError,
    ManagerExistsError,
    ManagerNotFoundError,
    NumberTakenError,
    PageTakenError,
)

CHAPTER = "Managers"


class ManagerShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    email = serializers.CharField()
    number = serializers.IntegerField(
        allow_null=True, help_text="The WhatsApp number; null if the manager has none."
    )
    controllerPort = serializers.CharField(
        help_text='Empty ("") if the manager has none.'
    )
    facebookId = serializers.CharField(
        help_text='The id of the Facebook page; empty ("") if the manager has none.'
    )
    facebookToken = serializers.CharField(
        help_text='Returned only to keys with the scope `secrets`; otherwise empty ("").'
    )
    contacts = ContactShape(many=True)


EXAMPLE = {
    "name": "Name Main User",
    "email": "Email of the user",
    "number": 123456789,
    "controllerPort": "8080",
    "facebookId": "369258147",
    "facebookToken": "ajbcucauoincjapso",
    "contacts": [],
}
NUMBER = {"number": 123456789}

PAGES = {
    "list": OperationDoc(
        "Find all managers",
        "Returns all managers that the caller may see, oldest first, each with "
        "its contacts. `?contacts=0` leaves `contacts` empty.",
        answer=[ManagerShape],
        example=[EXAMPLE],
    ),
    "find_by_number": OperationDoc(
        "Find a manager by number",
        "Returns the manager with this WhatsApp number.",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={"By number": NUMBER},
        refuses=(ManagerNotFoundError,),
    ),
    "find_by_page": OperationDoc(
        "Find a manager by Facebook page id",
        "Returns the manager with this Facebook page.",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={"By page": {"facebookId": "963852741"}},
        refuses=(ManagerNotFoundError,),
    ),
    "save": OperationDoc(
        "Add a new manager",
        "Adds a manager with a number and the port of its controller, with a page "
        "and its token, or with both. If the number, page or port belongs to a "
        "manager already, nothing is changed: the call returns that manager if "
        "all given values are the same, otherwise 409. Operators, supervisors and "
        "keys for certain managers cannot add managers (403).",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={
            "Facebook and WhatsApp": {
                "name": "name Example",
                "controllerPort": "8888",
                "number": 123456789,
                "facebookId": "369258147",
                "facebookToken": "sajboubcoiaucusnoa",
            }
        },
        rules=(
            one_of("number", "facebookId"),
            both("number", "controllerPort"),
            both("controllerPort", "number"),
            both("facebookId", "facebookToken"),
            both("facebookToken", "facebookId"),
        ),
        refuses=(ManagerExistsError,),
    ),
    "link": OperationDoc(
        "Add a page to a number, or a number to a page",
        "Adds a Facebook page to a WhatsApp manager, or a WhatsApp number to a "
        "Facebook manager.\n\n"
        "- If a manager has the number, the page is added to it. `facebookToken` "
        "is then required.\n"
        "- If a manager has the page, the number is added to it. A given "
        "`facebookToken` replaces the stored one.\n"
        "- If the same manager has both, a given `facebookToken` replaces the "
        "stored one.\n\n"
        "If two managers have them, the call returns 409. `controllerPort` is "
        "stored if the manager has none. Nothing else is replaced. `mumber` is "
        "another accepted spelling of `number`.",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={
            "A page to a number": {
                "number": 123456789,
                "facebookId": "369258147",
                "facebookToken": "udhuionua9as",
            },
            "A number to a page": {"facebookId": "369258147", "mumber": 123456789},
        },
        rules=(one_of("number", "mumber"),),
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            PageTakenError,
            NumberTakenError,
            ManagerExistsError,
        ),
    ),
}
