"""The OpenAPI descriptions of the calls about chats and messages."""

from __future__ import annotations

from chats.api.openapi_assignment import ASSIGNMENT_PAGES
from chats.api.openapi_closing import CLOSING_PAGES
from chats.api.openapi_examples import (
    AMBIGUOUS,
    ANY_TEXT,
    BESIDE_A_FILE,
    BY_ID,
    BY_NUMBER,
    CHAT,
    FILE,
    FILE_OR_REPLY,
    MESSAGE,
    PHONE_OR_ID,
    READING,
    SENDING,
    SENT,
    SENT_FILE,
    TEXT,
)
from chats.api.openapi_gateways import GATEWAY_PAGES
from chats.api.openapi_inbox import INBOX_PAGES
from chats.api.openapi_menus import MENU_PAGES
from chats.api.openapi_notes import NOTE_PAGES
from chats.api.openapi_operators import OPERATOR_PAGES
from chats.api.openapi_replies import REPLY_PAGES
from chats.api.openapi_scheduling import SCHEDULING_PAGES
from chats.api.responses import (
    ChatShape,
    HandedOverChatShape,
    ListedMessageShape,
    MessageShape,
)
from contacts.api.openapi import EXAMPLE as CONTACT
from contacts.api.openapi import TRANSFER, ContactShape
from hci_center.api.schema.operation_docs import OperationDoc, one_of, text
from hci_center.errors import (
    AmbiguousContactError,
    BodyTooLargeError,
    ChatNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)

CHAPTER = "Chats"

PAGES = {
    "open": OperationDoc(
        "Create a new chat using a number",
        "Opens a chat with a WhatsApp contact. If the contact has an open chat, "
        "returns that chat with its messages.",
        answer=ChatShape,
        example=CHAT,
        bodies={"By number": BY_NUMBER},
        rules=(PHONE_OR_ID,),
        refuses=AMBIGUOUS,
    ),
    "open_facebook": OperationDoc(
        "Create a new chat using a Facebook id",
        "Opens a chat with a Facebook contact. If the contact has an open chat, "
        "returns that chat with its messages.",
        answer=ChatShape,
        example=CHAT | {"contactId": "987654321"},
        bodies={"By id": BY_ID},
        refuses=AMBIGUOUS,
    ),
    "list": OperationDoc(
        "Find all messages of a chat",
        "Returns the messages of the contact's open chat, oldest first. `before` "
        "and `after` (ids of messages) return only the messages before or after "
        "that message. `limit` returns only the newest of these. `closed` "
        "includes the messages of earlier chats, also if no chat is open; "
        "`protocols` then adds the `protocol` of the chat to each message.",
        answer=[ListedMessageShape],
        example=[MESSAGE],
        bodies={"By id": {"operatorId": "Id of a operator", **BY_ID}},
        refuses=READING,
    ),
    "change_operator": OperationDoc(
        "Change the operator of a chat",
        "Hands the open chat over to the operator. With operator `0`, the chat "
        f"is released. {TRANSFER}",
        answer=HandedOverChatShape,
        example={
            "contactNumber": 987654321,
            "contactId": 987654321,
            "operatorId": "2",
            "messages": [],
        },
        bodies={"By id": {**BY_ID, "operatorId": "Id operator"}},
        refuses=(*AMBIGUOUS, OperatorNotFoundError, ChatNotFoundError),
    ),
    "delete": OperationDoc(
        "Delete a chat",
        "Closes the chat and releases the contact. The messages are kept for "
        "history. `cause` says why the chat is closed: `resolved`, `customer`, "
        "`idle` or `menu`. `reason` is the code of a closing reason. With "
        "`survey: false`, the customer is not asked for a rating.",
        answer=text("Chat deleted"),
        example="Chat deleted",
        bodies={
            "By id": BY_ID,
            "With a reason": {**BY_ID, "cause": "resolved", "reason": "pago"},
        },
        refuses=(ChatNotFoundError, AmbiguousContactError),
    ),
    "record": OperationDoc(
        "Send a message: record what was received or sent",
        "Records a message that a bot or controller received, or sent itself. "
        "This call sends nothing to the customer. A missing contact or chat is "
        "created.\n\n"
        "- `messageId`, the gateway's id of the message, makes the call safe to "
        "repeat.\n"
        "- `base64` is the content of a file as a data URI.\n"
        "- `caption` is the text that accompanies a file. `content` beside `url` "
        "or `base64` is read as the caption too.\n"
        "- `replyTo` is the id of the message of the same contact that this "
        "message quotes: the id from this API or the gateway's.",
        answer=MessageShape,
        example=MESSAGE,
        bodies={
            "A Facebook text": {
                "contactId": "987654321",
                "content": "text of the message",
                "facebookId": "369258147",
                "type": "text",
                "from": "987654321",
            },
            "A Facebook file": {
                "supertype": "audio",
                "url": "url.com",
                "from": "987654321",
                "contactId": "987654321",
                "facebookId": "369258147",
            },
            "A WhatsApp text": {
                "contactNumber": 987654321,
                "content": "VGV4dCBvZiBhIG1lc3NhZ2U=",
                "type": "base64",
                "from": 987654321,
                "managerNumber": 123456789,
            },
            "A WhatsApp file": {
                "operatorId": "Operator Id",
                "contactNumber": 987654321,
                "url": "exampleUrl.com",
                "type": "image",
                "from": 987654321,
                "managerNumber": 123456789,
            },
        },
        rules=(
            one_of("managerNumber", "facebookId", "number"),
            PHONE_OR_ID,
            one_of("content", "url", "base64"),
        ),
        refuses=(ForbiddenError, ManagerNotFoundError, BodyTooLargeError),
    ),
    "send_text_by_controller": OperationDoc(
        "Send a text message by an operator to a WhatsApp contact",
        "Stores the text of `content2` (without it, `content` decoded from "
        "base64), queues it for the manager's controller and returns at once. "
        "Opens a chat if the contact has no open one. `replyTo` is the id of the "
        "contact's message that the text quotes: the id from this API or the "
        "gateway's.",
        answer=MessageShape,
        example=SENT,
        bodies={"By number": TEXT | BY_NUMBER},
        rules=(ANY_TEXT, PHONE_OR_ID),
        refuses=SENDING,
    ),
    "send_text_by_page": OperationDoc(
        "Send a text message by an operator to a Facebook contact",
        "Stores the text of `content2` (without it, `content` decoded from "
        "base64), queues it for the manager's page and returns at once. The text "
        "can have at most 2,000 characters. A given `token` is used for this "
        "message instead of the stored page token. Opens a chat if the contact "
        "has no open one.",
        answer=MessageShape,
        example=SENT,
        bodies={"By id": TEXT | BY_ID | {"token": "Facebook Page Token"}},
        rules=(ANY_TEXT,),
        refuses=SENDING,
    ),
    "send_file_by_controller": OperationDoc(
        "Send a file by an operator to a WhatsApp contact",
        "Checks that the file is of the declared type, stores it and queues the "
        "message.\n\n"
        "- `url` in the response is a signed link, valid for 1 hour; each "
        "response has a new one. For a picture it returns a copy without the "
        "metadata of the camera; add `original=1` to its query to get the file as "
        "it was sent.\n"
        "- `caption` is sent with the file if the gateway supports it.\n"
        "- `fileName` is the name that the customer sees.\n"
        "- `replyTo` is the id of the message that this message quotes.\n"
        "- `reply`, the id of a quick reply, sends the file of that quick reply "
        "instead of `base64`. `type` is then the type of that file.",
        answer=MessageShape,
        example=SENT_FILE,
        bodies={"By number": FILE | BY_NUMBER | BESIDE_A_FILE},
        rules=(PHONE_OR_ID, FILE_OR_REPLY),
        refuses=SENDING,
    ),
    "send_file_by_page": OperationDoc(
        "Send a file by an operator to a Facebook contact",
        "Checks, stores and queues the file as the call for WhatsApp contacts "
        "does, and sends it through the manager's page. A given `token` is used "
        "for this message instead of the stored page token.",
        answer=MessageShape,
        example=SENT_FILE,
        bodies={"By id": FILE | BY_ID | BESIDE_A_FILE},
        rules=(FILE_OR_REPLY,),
        refuses=SENDING,
    ),
    "report_status": OperationDoc(
        "Report the status of a message",
        "Advances the status of a message; an earlier status never replaces a "
        "later one. `failed` never replaces `delivered` or `read`, but these "
        "replace `failed`. If the message is not known yet, the status is kept "
        "for 15 minutes and applied when the message is recorded; the response is "
        "then null.",
        answer={
            "oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/MessageShape"}]
        },
        example=SENT | {"status": "delivered"},
        bodies={
            "By number": {
                "number": 123456789,
                "messageId": "wamid.HBg",
                "status": "delivered",
            }
        },
        rules=(one_of("number", "facebookId"),),
        refuses=(ForbiddenError, ManagerNotFoundError),
    ),
    "mark_read": OperationDoc(
        "Mark a chat as read",
        "Marks the incoming messages of the chat as read and returns the contact "
        "with `unread` 0.",
        answer=ContactShape,
        example=CONTACT,
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    **GATEWAY_PAGES,
    **CLOSING_PAGES,
    **INBOX_PAGES,
    **NOTE_PAGES,
    **SCHEDULING_PAGES,
    **REPLY_PAGES,
    **ASSIGNMENT_PAGES,
    **MENU_PAGES,
    **OPERATOR_PAGES,
}
