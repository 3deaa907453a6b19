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
        "Closes the open chat as resolved and sends the area's closing text. "
        "`reason` is the code of a closing reason of the area. People must give "
        "one if the area's settings require it. The customer is asked for a "
        "rating if the settings say so, a person wrote in the chat and the "
        "contact was not asked recently. With `survey: false`, the customer is "
        "not asked.",
        answer=ClosedShape,
        example={"protocol": "BR202611220000178", "reason": "pago", "survey": True},
        bodies={"With a reason": {"operatorId": "2", **BY_ID, "reason": "pago"}},
        refuses=READING,
    ),
    "reopen": OperationDoc(
        "Reopen a chat",
        "Reopens the chat with this protocol, at most 7 days after it was closed "
        "and only if the contact has no open chat. With `claim`, the operator "
        "claims the chat; otherwise it waits for an operator. A survey that was "
        "not answered becomes void.",
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
        "List the surveys",
        "Returns the surveys that were sent in the period, newest first. `from` "
        "and `to` are dates in the manager's time zone, both included, or times "
        "with their offset from UTC. `operatorId` filters by the operator who "
        "held the chat at that time. For supervisors and keys.",
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
