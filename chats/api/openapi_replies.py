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
        "List the quick replies of an operator",
        "Returns the quick replies sorted by shortcut. If several have the same "
        "shortcut, the operator's own takes precedence over the area's, and the "
        "area's over the manager's.\n\n"
        "- With `contactId`: the quick replies that apply to the contact's area. "
        "`filled` is the text with the variables of the contact; `missing` are "
        "the variables that have no value.\n"
        "- With `operatorId` 0 and no contact: all quick replies of the manager "
        "and its areas.",
        answer=ReplyListShape,
        example={
            "replies": [REPLY | {"filled": "Bom dia, Maria! O prazo é de 3 dias."}]
        },
        bodies={"For a contact": {"operatorId": "2", **BY_ID}},
        refuses=(*_NAMING, ChatNotFoundError, AmbiguousContactError),
    ),
    "save_reply": OperationDoc(
        "Save a quick reply",
        "Adds a quick reply. If the scope has one with this shortcut, updates its "
        "given fields. Operators save their own; supervisors, and keys with "
        "`operatorId` 0, also those of the manager and of an `area`. `base64` "
        'stores a file, and `""` removes it. To send the file, give the id as '
        "`reply` instead of `base64` to the calls that send files.",
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
        "Deletes the quick reply. Messages that were sent with its file keep the file.",
        answer=text("Reply deleted"),
        example="Reply deleted",
        bodies={"By id": {"operatorId": "2", "id": "12"}},
        refuses=(*_NAMING, NotFoundError),
    ),
    "find_options": OperationDoc(
        "Get the options of a manager",
        "Returns the lists and limits that a console needs: reasons, tags, "
        "variables, whether the menu is on, which areas are open, the largest "
        "file and the longest text of the gateway. `opensAt` of an area is null "
        "if it is open or never opens. With `facebookId` alone, the gateway is "
        "that of the page.",
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
