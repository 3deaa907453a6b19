"""The OpenAPI description of the trial of an assignment."""

from __future__ import annotations

from chats.api.responses_assignment import AssignmentTrialShape
from hci_center.api.schema.operation_docs import Json, OperationDoc, one_of
from hci_center.errors import (
    AreaNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
)

_CANDIDATE: Json = {
    "operatorId": "2",
    "load": 3,
    "cap": 5,
    "givenAt": "2026-11-22T13:01:44.000Z",
    "passed": None,
}
ASSIGNMENT_PAGES = {
    "try_assignment": OperationDoc(
        "Try an assignment rule on the past",
        "Simulates an assignment rule with the recorded chats of the area. "
        "Nothing is stored. Chats arrive and leave, are claimed and are held as "
        "long as they were. Operators are present when they were, and the chats "
        "that they held in other areas count. For supervisors and keys.\n\n"
        "- `assign`, `cap` and `lastOperator` default to the area's current "
        "settings. The period defaults to the last 7 days; it can have at most 31 "
        "days.\n"
        "- A chat that no operator ever held is simulated with the median holding "
        "time.\n"
        "- `wait` is the simulated waiting time of the chats that an operator "
        "took; `was` is the recorded one.\n"
        "- `presence` is `assumed` if the period begins before presence was "
        "recorded. Operators then count as present each day from their first to "
        "their last action.\n"
        "- `sample` explains the first 20 assignments.",
        answer=AssignmentTrialShape,
        example={
            "chats": 412,
            "assigned": 398,
            "byOperator": [
                {"operatorId": "2", "chats": 205, "most": 5},
                {"operatorId": "3", "chats": 193, "most": 5},
            ],
            "wait": {"n": 409, "mean": 38, "median": 4, "p90": 120},
            "was": {"n": 405, "mean": 310, "median": 95, "p90": 840},
            "presence": "recorded",
            "sample": [
                {
                    "at": "2026-11-22T13:05:09.120Z",
                    "protocol": "BR202611220000031",
                    "rule": "fewest",
                    "trigger": "queue",
                    "operatorId": "2",
                    "candidates": [
                        _CANDIDATE,
                        _CANDIDATE | {"operatorId": "3", "load": 4, "passed": "busier"},
                    ],
                }
            ],
        },
        bodies={
            "At most five each": {
                "number": 123456789,
                "area": "vendas",
                "assign": "fewest",
                "cap": 5,
            },
            "Another week": {
                "number": 123456789,
                "area": "vendas",
                "assign": "rotation",
                "lastOperator": 86400,
                "from": 1794578400,
                "to": 1795183200,
            },
        },
        rules=(one_of("number", "facebookId"),),
        refuses=(ForbiddenError, ManagerNotFoundError, AreaNotFoundError),
        chapter="Areas",
    ),
}
