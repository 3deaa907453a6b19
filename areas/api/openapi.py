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
    idarea = serializers.CharField(
        help_text="The same as `id`, under the name that older clients use."
    )
    name = serializers.CharField()


class OperatorShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    areas = serializers.ListField(child=serializers.CharField())
    online = serializers.BooleanField()


class PresentOperatorShape(OperatorShape):
    presence = serializers.ChoiceField(["online", "paused", "offline"])
    pauseReason = serializers.CharField(
        help_text='The code of the pause reason; empty ("") if there is none.'
    )
    since = serializers.DateTimeField(
        allow_null=True,
        help_text="When this presence began; null if the operator has never connected.",
    )


class HoursShape(serializers.Serializer[Any]):
    open = serializers.BooleanField()
    opensAt = serializers.DateTimeField(
        allow_null=True,
        help_text="When a closed area opens next; null if it is open or never opens.",
    )
    closesAt = serializers.DateTimeField(
        allow_null=True,
        help_text="When an open area closes next; null if it is closed or never closes.",
    )
    holiday = serializers.CharField(
        allow_null=True,
        help_text="The name of the holiday on that date; null if it is none.",
    )
    timeZone = serializers.CharField()
    dueAt = serializers.DateTimeField(
        allow_null=True,
        help_text="When `add` seconds of opening time have passed since `at`; null without "
        "`add`, or if that never happens.",
    )


class PersonShape(serializers.Serializer[Any]):
    operatorId = serializers.CharField(
        allow_null=True, help_text="Null for a person who is not an operator."
    )
    name = serializers.CharField()
    role = serializers.ChoiceField(
        ["operator", "supervisor", "administrator", "auditor"],
        help_text="An auditor can only call `api/session` and POST api/report.",
    )
    csrfToken = serializers.CharField()


class LoginSessionShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    device = serializers.CharField(
        help_text='The browser and the operating system, such as "Firefox, Linux".'
    )
    address = serializers.CharField(
        help_text="The network address that the session was used from."
    )
    startedAt = serializers.DateTimeField()
    lastSeenAt = serializers.DateTimeField(
        help_text="When the session was last used, to the minute."
    )
    current = serializers.BooleanField(
        help_text="Whether this is the session of the call."
    )


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
        "Get all areas",
        "Returns the areas of the manager with this controller port, oldest first.",
        answer=[AreaShape],
        example=[AREA],
        refuses=(ManagerNotFoundError,),
    ),
    "list_by_page": OperationDoc(
        "Get all areas by Facebook page",
        "Returns the areas of the manager with this Facebook page, oldest first. "
        "Use this call for a manager without a controller port.",
        answer=[AreaShape],
        example=[AREA],
        refuses=(ManagerNotFoundError,),
    ),
    "operators_by_port": OperationDoc(
        "Get all operators of an area",
        "Returns the active operators who serve the area, oldest first.",
        answer=[OperatorShape],
        example=[OPERATOR],
        bodies=IN_AREA,
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "operators_by_page": OperationDoc(
        "Get all operators of an area by Facebook page",
        "Returns the active operators who serve the area, oldest first. Use this "
        "call for a manager without a controller port.",
        answer=[OperatorShape],
        example=[OPERATOR],
        bodies=IN_AREA,
        refuses=(ManagerNotFoundError, AreaNotFoundError),
    ),
    "hours": OperationDoc(
        "Check whether an area is open",
        "Returns whether the area is open at the time `at` (default: now), when "
        "it opens or closes next, and with `add` the time when `add` seconds of "
        "opening time have passed (`dueAt`). Without `area`, the manager's own "
        "opening hours are used. A time is null if it never comes, or not within "
        "20 years.",
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
        "Sets the presence of the operator while they are connected: `online`, "
        "`paused` or `offline`. Without an open socket the operator is always "
        "`offline`. The presence is kept when the operator reconnects; signing in "
        "sets `online`. A paused operator still has `online: true`: they can "
        "answer their chats, but get no new ones automatically. If the manager "
        "has a list of pause reasons, `paused` requires the code of one as "
        "`reason`; if not, `reason` is not accepted. An operator's session can "
        "only set their own presence.",
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
        "Opens a session and sets the `sessionid` cookie. Requires the CSRF token "
        "that GET sets. An account with two-step sign-in also requires `otp`: the "
        "current code of the authenticator app, or a recovery code. Sign-in is "
        "slowed down after failed attempts.",
        answer=PersonShape,
        example=PERSON,
        bodies={"A person": {"username": "ana.souza", "password": "…"}},
        refuses=(NotAuthenticatedError, OtpRequiredError, ForbiddenError),
        chapter=SESSIONS,
    ),
    "show": OperationDoc(
        "Get the signed-in person",
        "Returns the person of the session, or 401 if nobody is signed in. Sets "
        "the `csrftoken` cookie in both cases.",
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
        "Get the console settings",
        "Returns the settings that the console stored for the signed-in person; "
        "an empty object if there are none.",
        answer=SETTINGS,
        example=SETTINGS_EXAMPLE,
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "save_settings": OperationDoc(
        "Store the console settings",
        "Stores any JSON object of at most 16 KiB as the settings of the "
        "signed-in person, on all of their devices. It replaces the previous "
        "settings completely.",
        answer=SETTINGS,
        example=SETTINGS_EXAMPLE,
        bodies={"Some settings": SETTINGS_EXAMPLE},
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
    "list_sessions": OperationDoc(
        "List the person's sessions",
        "Returns the active sessions of the signed-in person, the most recently "
        "used first.",
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
        "Signs the person out of that session. Its next call is refused, and its "
        "sockets are closed within seconds.",
        answer={"type": "null"},
        example=None,
        bodies={"A session of the list": {"id": 41}},
        refuses=(ForbiddenError, NotFoundError),
        chapter=SESSIONS,
    ),
    "change_password": OperationDoc(
        "Change the password",
        "Changes the password and ends the person's other sessions; the current "
        "session stays signed in. Wrong passwords are slowed down as at sign-in.",
        answer={"type": "null"},
        example=None,
        bodies={
            "A new one": {"password": "the old one", "newPassword": "a better one"}
        },
        refuses=(ForbiddenError,),
        chapter=SESSIONS,
    ),
}
