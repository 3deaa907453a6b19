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
    number = serializers.IntegerField(allow_null=True)
    controllerPort = serializers.CharField(help_text='"" where there is none.')
    facebookId = serializers.CharField(help_text='"" where there is none.')
    facebookToken = serializers.CharField(
        help_text='In full only to a key with the scope `secrets`, else "".'
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
        "All managers that the caller may see, oldest first, with their contacts. "
        "`?contacts=0` leaves `contacts` empty.",
        answer=[ManagerShape],
        example=[EXAMPLE],
    ),
    "find_by_number": OperationDoc(
        "Find a manager by its number",
        "The manager of that WhatsApp number.",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={"By number": NUMBER},
        refuses=(ManagerNotFoundError,),
    ),
    "find_by_page": OperationDoc(
        "Find a manager by its Facebook page",
        "The manager of that page.",
        answer=ManagerShape,
        example=EXAMPLE,
        bodies={"By page": {"facebookId": "963852741"}},
        refuses=(ManagerNotFoundError,),
    ),
    "save": OperationDoc(
        "Add a new manager",
        "With a number and its controller's port, with a page and its token, or with "
        "both. Repeated with the same values it answers the same manager again. "
        "Only whoever is not bound to some managers may add one.",
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
        "Whose id is known decides: the page joins the manager of the number (its "
        "token is then required), or the number joins the manager of the page. Where "
        "both are one manager's, a given token renews the stored one. `mumber` is "
        "the old document's spelling of `number`.",
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
