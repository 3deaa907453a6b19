"""The OpenAPI descriptions of the calls about scheduled messages."""

from __future__ import annotations

from typing import Any

from chats.api.openapi_examples import AMBIGUOUS, BY_ID
from chats.api.responses_scheduling import ScheduledListShape, ScheduledShape
from hci_center.api.schema.operation_docs import Json, OperationDoc, one_of, text
from hci_center.errors import (
    AlreadySentError,
    ForbiddenError,
    NotFoundError,
    OperatorNotFoundError,
)

SCHEDULED: Json = {
    "id": "17",
    "text": "Bom dia! Conseguiu ver o orçamento?",
    "sendAt": "2026-11-23T12:00:00.000Z",
    "state": "waiting",
    "operatorId": "2",
}
TEMPLATE: Json = {"name": "lembrete", "language": "pt_BR", "parameters": ["Maria"]}
NAMED: Json = {"operatorId": "2", **BY_ID}
REFUSES: tuple[Any, ...] = (ForbiddenError, OperatorNotFoundError, *AMBIGUOUS)

SCHEDULING_PAGES = {
    "schedule": OperationDoc(
        "Schedule a message",
        "Sends a message as the operator at `sendAt`, 1 second to 90 days from "
        "now. Opens a chat if the contact has no open one. `content2` is a text; "
        "`name`, `language` and `parameters` are an approved template. With both, "
        "the template is sent if free texts are no longer allowed at that time; "
        "with a text only, the message then fails. A message that could not be "
        "sent within an hour of `sendAt` is `missed`. In lists of messages it has "
        "`auto`: `schedule`.",
        answer=ScheduledShape,
        example=SCHEDULED,
        bodies={
            "A text": {
                **NAMED,
                "content2": SCHEDULED["text"],
                "sendAt": "2026-11-23T09:00:00-03:00",
            },
            "A template": {**NAMED, **TEMPLATE, "sendAt": 1795435200},
        },
        rules=(one_of("content2", "name"),),
        refuses=REFUSES,
    ),
    "list_scheduled": OperationDoc(
        "List the scheduled messages of a contact",
        "Returns the waiting messages by their time, and the messages of the last "
        "week that were `missed` or `failed`.",
        answer=ScheduledListShape,
        example={"scheduled": [SCHEDULED]},
        bodies={"By id": NAMED},
        refuses=REFUSES,
    ),
    "cancel": OperationDoc(
        "Cancel a scheduled message",
        "Cancels the message. A message is either cancelled or sent, never both: "
        "409 means that it was sent already, or that its time has passed. "
        "Repeating the call returns 404.",
        answer=text("Message cancelled"),
        example="Message cancelled",
        bodies={"By id": {**NAMED, "id": "17"}},
        refuses=(*REFUSES, NotFoundError, AlreadySentError),
    ),
}
