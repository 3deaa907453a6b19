"""The OpenAPI descriptions of the calls about quick replies."""

from __future__ import annotations

from chats.api.openapi_examples import BY_ID
from chats.api.responses_replies import ReplyListShape, ReplyShape
from hci_center.api.schema.operation_docs import Json, OperationDoc, text
from hci_center.errors import (
    AmbiguousContactError,
    AreaNotFoundError,
    BodyTooLargeError,
    ChatNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    NotFoundError,
    OperatorNotFoundError,
)

REPLY: Json = {
    "id": "12",
    "shortcut": "prazo",
    "scope": "operator",
    "area": "",
    "title": "Prazo de entrega",
    "text": "{saudacao}, {nome}! O prazo é de 3 dias.",
    "filled": None,
    "missing": [],
    "url": "",
}
_NAMING = (ForbiddenError, ManagerNotFoundError, OperatorNotFoundError)

REPLY_PAGES = {
    "list_replies": OperationDoc(
        "Quick replies of an operator",
        "By shortcut; of one shortcut the operator's comes before the area's, and that "
        "before the manager's. With `contactId` they are those of its area, with their "
        "variables `filled` for it; `missing` names those that have no value. With "
        "`operatorId` 0 and no contact: all of the manager and its areas.",
        answer=ReplyListShape,
        example={
            "replies": [REPLY | {"filled": "Bom dia, Maria! O prazo é de 3 dias."}]
        },
        bodies={"For a contact": {"operatorId": "2", **BY_ID}},
        refuses=(*_NAMING, ChatNotFoundError, AmbiguousContactError),
    ),
    "save_reply": OperationDoc(
        "Save a quick reply",
        "Adds it, or changes what is given of the one with that shortcut in the scope. "
        "Operators save their own; supervisors, and keys with `operatorId` 0, also those "
        'of the manager and of an `area`. `base64` brings a file, `""` takes it away; '
        "it is sent by the calls that send files, with `reply` (its id) instead of "
        "`base64`.",
        answer=ReplyShape,
        example=REPLY,
        bodies={
            "An operator's own": {
                "operatorId": "2",
                "shortcut": "prazo",
                "title": REPLY["title"],
                "text": REPLY["text"],
            }
        },
        refuses=(*_NAMING, AreaNotFoundError, BodyTooLargeError),
    ),
    "delete_reply": OperationDoc(
        "Delete a quick reply",
        "Messages that were sent with its file keep it.",
        answer=text("Reply deleted"),
        example="Reply deleted",
        bodies={"By id": {"operatorId": "2", "id": "12"}},
        refuses=(*_NAMING, NotFoundError),
    ),
}
