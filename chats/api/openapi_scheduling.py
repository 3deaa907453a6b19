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
        "Sends the text at `sendAt`, 1 second to 90 days ahead, as the operator's own, "
        "opening a chat if none is open. `name`, `language` and `parameters` are an "
        "approved template; with both, the template goes once the time to answer the "
        "customer freely is over, and without one the text fails then. What is over an "
        "hour late is `missed`. In lists of messages it has `auto`: `schedule`.",
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
        "The scheduled messages of a contact",
        "What waits, by its time, and for a week what was `missed` or `failed`.",
        answer=ScheduledListShape,
        example={"scheduled": [SCHEDULED]},
        bodies={"By id": NAMED},
        refuses=REFUSES,
    ),
    "cancel": OperationDoc(
        "Cancel a scheduled message",
        "Either it is cancelled or it is sent: `409` says that it has been sent, or that "
        "its time is over. A repeat answers `404`.",
        answer=text("Message cancelled"),
        example="Message cancelled",
        bodies={"By id": {**NAMED, "id": "17"}},
        refuses=(*REFUSES, NotFoundError, AlreadySentError),
    ),
}
