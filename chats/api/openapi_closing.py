"""The OpenAPI descriptions of the calls that close and reopen chats."""

from __future__ import annotations

from chats.api.openapi_examples import BY_ID, CHAT, READING
from chats.api.responses import ChatShape
from chats.api.responses_closing import ClosedShape, SurveyListShape
from hci_center.api.schema.operation_docs import OperationDoc, one_of
from hci_center.errors import (
    AlreadyAnsweredError,
    AlreadyOpenError,
    AreaNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
    TooLateError,
)

CLOSING_PAGES = {
    "close": OperationDoc(
        "Close a chat with a reason",
        "Closes the open chat as resolved, after the area's closing text. `reason` is "
        "the code of a closing reason that the area offers; people must give one where "
        "its rules say so. The customer is asked for a mark if the rules say so, a "
        "person wrote in the chat and nobody asked lately; `survey: false` asks nothing.",
        answer=ClosedShape,
        example={"protocol": "BR202611220000178", "reason": "pago", "survey": True},
        bodies={"With a reason": {"operatorId": "2", **BY_ID, "reason": "pago"}},
        refuses=READING,
    ),
    "reopen": OperationDoc(
        "Reopen a chat",
        "The chat of that protocol goes on, at most 7 days after its closing and while "
        "no other is open. With `claim` it is the operator's, else it waits. Its survey, "
        "if nobody answered it, is void.",
        answer=ChatShape,
        example=CHAT | {"operatorId": "2"},
        bodies={
            "To go on with it": {
                "operatorId": "2",
                **BY_ID,
                "protocol": "BR202611220000178",
                "claim": True,
            }
        },
        refuses=(*READING, AlreadyAnsweredError, AlreadyOpenError, TooLateError),
    ),
    "list_surveys": OperationDoc(
        "What customers answered",
        "The surveys that were asked in that period, the newest first; `from` and `to` "
        "are days of the manager's, both included, or times with their offset from UTC. "
        "`operatorId` is who held the chat then. For supervisors and keys.",
        answer=SurveyListShape,
        example={
            "surveys": [
                {
                    "protocol": "BR202611220000178",
                    "state": "rated",
                    "rating": 2,
                    "comment": "Demorou muito.",
                    "operatorId": "2",
                    "area": "vendas",
                    "askedAt": "2026-11-22T13:05:09.120Z",
                    "answeredAt": "2026-11-22T13:07:44.031Z",
                }
            ],
            "next": None,
        },
        bodies={
            "Of a week": {
                "number": 123456789,
                "from": "2026-11-16",
                "to": "2026-11-22",
            }
        },
        rules=(one_of("number", "facebookId"),),
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            AreaNotFoundError,
            OperatorNotFoundError,
        ),
    ),
}
