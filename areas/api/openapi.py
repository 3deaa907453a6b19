"""OpenAPI documentation of the operations on areas and login sessions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hci_center.api.schema.operation_docs import OperationDoc, one_of
from hci_center.errors import (
    AreaNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    NotAuthenticatedError,
    NotFoundError,
    OperatorNotFoundError,
    OtpRequiredError,
)

CHAPTER = "Areas"
SESSIONS = "Sessions"


class AreaShape(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The area's code.")
    idarea = serializers.CharField(help_text="The same, as old clients call it.")
    name = serializers.CharField()


class OperatorShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    areas = serializers.ListField(child=serializers.CharField())
    online = serializers.BooleanField()


class PresentOperatorShape(OperatorShape):
    presence = serializers.ChoiceField(["online", "paused", "offline"])
    pauseReason = serializers.CharField(help_text="Its code; empty without one.")
    since = serializers.DateTimeField(
        allow_null=True, help_text="Since when; null: never seen yet."
    )


class HoursShape(serializers.Serializer[Any]):
    open = serializers.BooleanField()
    opensAt = serializers.DateTimeField(
        allow_null=True, help_text="Of a closed one; null: never."
    )
    closesAt = serializers.DateTimeField(
        allow_null=True, help_text="Of an open one; null: never."
    )
    holiday = serializers.CharField(
        allow_null=True, help_text="The name of the date's holiday."
    )
    timeZone = serializers.CharField()
    dueAt = serializers.DateTimeField(
        allow_null=True, help_text="`at` and `add` open seconds; null: never."
    )


class PersonShape(serializers.Serializer[Any]):
    operatorId = serializers.CharField(
        allow_null=True, help_text="Null for whoever is no operator."
    )
    name = serializers.CharField()
    role = serializers.ChoiceField(
        ["operator", "supervisor", "administrator", "auditor"],
        help_text="An auditor may call nothing besides but POST /api/report.",
    )
    csrfToken = serializers.CharField()


class LoginSessionShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    device = serializers.CharField(help_text="The browser and its system, in words.")
    address = serializers.CharField(help_text="Of the network that it was used from.")
    startedAt = serializers.DateTimeField()
    lastSeenAt = serializers.DateTimeField(help_text="To the minute.")
    current = serializers.BooleanField(help_text="Whether it makes this call.")


AREA = {"id": "vendas", "idarea": "vendas", "name": "Vendas"}
OPERATOR = {
    "id": "2",
    "name": "Ana Souza",
    "email": "ana@example.com",
    "areas": ["vendas"],
    "online": True,
}
PAUSED_OPERATOR = OPERATOR | {
    "presence": "paused",
    "pauseReason": "almoco",
    "since": "2026-11-22T15:00:03.250Z",
}
PERSON = {
    "operatorId": "2",
    "name": "Ana Souza",
    "role": "operator",
    "csrfToken": "Nhw3…",
}
SETTINGS = {"type": "object"}
SETTINGS_EXAMPLE = {"language": "pt-br", "theme": "dark", "density": "compact"}
IN_AREA = {"By code": {"idarea": "vendas"}}

PAGES = {
    "list_by_port": OperationDoc(
        "All areas of a manager",
        "The areas of the manager with that controller port, oldest first.",
        answer=[AreaShape],
        example=[AREA],
        refuses=(ManagerNotFoundError,),
    ),
    "list_by_page": OperationDoc(
        "All areas of a page's manager",
        "The same list for a manager that has no port.",
        answer=[AreaShape],
        example=[AREA],
        refuses=(ManagerNotFoundError,),
    ),
    "operators_by_port": OperationDoc(
        "All operators of an area",
        "Those who serve the area now, oldest first.",
        answer=[OperatorShape],
        example=[OPERATOR],
        bodies=IN_AREA,
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "operators_by_page": OperationDoc(
        "All operators of an area of a page's manager",
        "The same list for a manager that has no port.",
        answer=[OperatorShape],
        example=[OPERATOR],
        bodies=IN_AREA,
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "hours": OperationDoc(
        "Whether an area is open",
        "The opening hours of an area, or without `area` the manager's own, `at` a "
        "moment (now): when it closes or opens next, and when `add` seconds of open "
        "time have passed since then. Null is never, or not within twenty years.",
        answer=HoursShape,
        example={
            "open": False,
            "opensAt": "2026-11-23T11:00:00.000Z",
            "closesAt": None,
            "holiday": "Dia Nacional de Zumbi e da Consciência Negra",
            "timeZone": "America/Sao_Paulo",
            "dueAt": "2026-11-23T12:00:00.000Z",
        },
        bodies={
            "An hour of open time": {
                "number": 123456789,
                "area": "vendas",
                "at": 1795183200,
                "add": 3600,
            }
        },
        rules=(one_of("number", "facebookId"),),
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "set_presence": OperationDoc(
        "Set an operator's presence",
        "What the operator is while he is connected: `online`, `paused` or `offline`; "
        "without a live socket he is `offline` whatever is set. It outlives "
        "reconnections; signing in sets `online`. A paused operator stays `online: "
        "true`: he answers what he holds, and is given nothing. Where the manager has "
        "a list of pause reasons, `reason` is the code of one and required; without "
        "a list there is none. A session sets its own presence only.",
        answer=PresentOperatorShape,
        example=PAUSED_OPERATOR,
        bodies={
            "A pause": {"operatorId": "2", "presence": "paused", "reason": "almoco"},
            "Back": {"operatorId": "2", "presence": "online"},
        },
        refuses=(ForbiddenError, OperatorNotFoundError),
        chapter="Operators",
    ),
    "sign_in": OperationDoc(
        "Sign in",
        "Opens a session for a person: sets the `sessionid` cookie. Wants the CSRF "
        "token that GET sets. Slowed down after failures. An account "
        "with two-step sign-in needs `otp` too: the code that its authenticator app "
        "shows, or a recovery code.",
        answer=PersonShape,
        example=PERSON,
        bodies={"A person": {"username": "ana.souza", "password": "…"}},
        refuses=(NotAuthenticatedError, OtpRequiredError, ForbiddenError),
        chapter=SESSIONS,
    ),
    "show": OperationDoc(
        "Who am I",
        "The person of the session; 401 for nobody. Sets the `csrftoken` cookie "
        "either way.",
        answer=PersonShape,
        example=PERSON,
        refuses=(NotAuthenticatedError,),
        chapter=SESSIONS,
    ),
    "sign_out": OperationDoc(
        "Sign out",
        "Ends the session.",
        answer={"type": "null"},
        example=None,
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "show_settings": OperationDoc(
        "The person's console settings",
        "What the console stored last for whoever is signed in; an empty object at "
        "first.",
        answer=SETTINGS,
        example=SETTINGS_EXAMPLE,
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "save_settings": OperationDoc(
        "Store the person's console settings",
        "Any object of at most 16 KiB; it replaces the one before, on every machine "
        "of the person.",
        answer=SETTINGS,
        example=SETTINGS_EXAMPLE,
        bodies={"Some settings": SETTINGS_EXAMPLE},
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "list_sessions": OperationDoc(
        "Where the person is signed in",
        "The live sessions of whoever is signed in, those in use first.",
        answer=[LoginSessionShape],
        example=[
            {
                "id": 41,
                "device": "Firefox, Linux",
                "address": "198.51.100.7",
                "startedAt": "2026-11-22T11:02:41.120Z",
                "lastSeenAt": "2026-11-22T15:00:03.250Z",
                "current": True,
            }
        ],
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "end_session": OperationDoc(
        "End one of the person's sessions",
        "Signs the person out there: the next call of that session is refused, and its "
        "sockets close within seconds.",
        answer={"type": "null"},
        example=None,
        bodies={"A session of the list": {"id": 41}},
        refuses=(ForbiddenError, NotFoundError),
        chapter=SESSIONS,
    ),
    "change_password": OperationDoc(
        "Change the password",
        "The person's other sessions end; this one goes on. Wrong passwords are slowed "
        "down as when signing in.",
        answer={"type": "null"},
        example=None,
        bodies={
            "A new one": {"password": "the old one", "newPassword": "a better one"}
        },
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
}
