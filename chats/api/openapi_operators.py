"""The OpenAPI description of the call about operators that counts their chats."""

from __future__ import annotations

from areas.api.openapi import PAUSED_OPERATOR
from chats.api.responses import OperatorsShape
from hci_center.api.schema.operation_docs import OperationDoc, one_of
from hci_center.errors import AreaNotFoundError, ManagerNotFoundError

OPERATOR_PAGES = {
    "find_operators": OperationDoc(
        "List the operators of a manager or an area",
        "Returns the active operators, oldest first, with their presence, the "
        "number of open chats that they hold (`load`), the limit for automatic "
        "assignment (`cap`, 0 is no limit) and the time of the last automatic "
        "assignment (`givenAt`; with `area`, the last one in that area).",
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
