"""The OpenAPI descriptions of the calls about quick replies and options."""

from __future__ import annotations

from chats.api.openapi_examples import BY_ID
from chats.api.responses_replies import OptionsShape, ReplyListShape, ReplyShape
from hci_center.api.schema.operation_docs import Json, OperationDoc, one_of, text
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
    "find_options": OperationDoc(
        "What a console offers",
        "The lists and limits of a manager: reasons, tags and variables, whether its "
        "menu is on, which areas are open (`opensAt` is null while they are, or if they "
        "never open), the largest file and the longest text of its gateway. By "
        "`facebookId` alone the gateway is that of the page.",
        answer=OptionsShape,
        example={
            "closingReasons": [{"code": "venda", "name": "Venda feita", "area": ""}],
            "transferReasons": [{"code": "2via", "name": "2ª via"}],
            "pauseReasons": [{"code": "almoco", "name": "Almoço", "minutes": 60}],
            "tags": [{"code": "vip", "name": "VIP", "colour": "#64748b"}],
            "variables": ["nome", "protocolo"],
            "menuOn": False,
            "areas": [
                {
                    "id": "sales",
                    "open": True,
                    "opensAt": None,
                    "closingReasonRequired": False,
                    "transferReasonRequired": False,
                }
            ],
            "gateway": "whatsapp_cloud",
            "largestFile": 26214400,
            "longestText": 4096,
            "supervisors": ["Rita Alves"],
        },
        bodies={"By number": {"number": 123456789}},
        rules=(one_of("number", "facebookId"),),
        refuses=(ManagerNotFoundError,),
    ),
}
