"""The OpenAPI description of the call about operators that counts their chats."""

from __future__ import annotations

from areas.api.openapi import PAUSED_OPERATOR
from chats.api.responses import OperatorsShape
from hci_center.api.schema.operation_docs import OperationDoc, one_of
from hci_center.errors import AreaNotFoundError, ManagerNotFoundError

OPERATOR_PAGES = {
    "find_operators": OperationDoc(
        "The operators of a manager or an area",
        "The active ones, oldest first, with their presence, `load` (the open chats "
        "they hold), `cap` (how many automatic assignment gives at most, 0: no "
        "limit) and `givenAt` (when it last gave one; with `area` one of that area).",
        answer=OperatorsShape,
        example={
            "operators": [
                PAUSED_OPERATOR
                | {"load": 3, "cap": 5, "givenAt": "2026-11-22T14:41:17.004Z"}
            ]
        },
        bodies={"Of an area": {"number": 123456789, "area": "vendas"}},
        rules=(one_of("number", "facebookId"),),
        refuses=(ManagerNotFoundError, AreaNotFoundError),
        chapter="Operators",
    ),
}
