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
        "Open a chat with a number",
        "Opens a chat, or answers the open one with its messages.",
        answer=ChatShape,
        example=CHAT,
        bodies={"By number": BY_NUMBER},
        rules=(PHONE_OR_ID,),
        refuses=AMBIGUOUS,
    ),
    "open_facebook": OperationDoc(
        "Open a chat with a Facebook contact",
        "Opens a chat, or answers the open one with its messages.",
        answer=ChatShape,
        example=CHAT | {"contactId": "987654321"},
        bodies={"By id": BY_ID},
        refuses=AMBIGUOUS,
    ),
    "list": OperationDoc(
        "All messages of a chat",
        "Of the open chat, oldest first. `before` and `after` (ids of messages) cut "
        "out a window, `limit` keeps its newest, `closed` adds the earlier chats. With "
        "`closed`, `protocols` adds to each message the `protocol` of its chat.",
        answer=[ListedMessageShape],
        example=[MESSAGE],
        bodies={"By id": {"operatorId": "Id of a operator", **BY_ID}},
        refuses=READING,
    ),
    "change_operator": OperationDoc(
        "Change the operator of a chat",
        f"Hands the open chat over; `0` releases it. {TRANSFER}",
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
        "Closes it and releases the contact. Its messages stay for history. `cause` "
        "says why (`resolved`, `customer`, `idle`, `menu`), `reason` is the code of a "
        "closing reason, `survey: false` asks the customer nothing.",
        answer=text("Chat deleted"),
        example="Chat deleted",
        bodies={
            "By id": BY_ID,
            "With a reason": {**BY_ID, "cause": "resolved", "reason": "pago"},
        },
        refuses=(ChatNotFoundError, AmbiguousContactError),
    ),
    "record": OperationDoc(
        "Record a message",
        "What a bot or controller received, or sent by itself; nothing is sent by "
        "this call. A contact or chat that is missing is created. `messageId` makes "
        "it safe to repeat; `base64` brings the bytes of a file. What is said with a "
        "file is its `caption`, also as `content` beside `url` or `base64`; `replyTo` "
        "is the id of the contact's message that this one quotes, ours or the "
        "gateway's.",
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
        "Send a text to a WhatsApp contact",
        "Stores `content2` (without it, `content` decoded) and queues it for the "
        "manager's controller; answers at once. Opens a chat if none is open. "
        "`replyTo` quotes a message of the contact, by our id or the gateway's.",
        answer=MessageShape,
        example=SENT,
        bodies={"By number": TEXT | BY_NUMBER},
        rules=(ANY_TEXT, PHONE_OR_ID),
        refuses=SENDING,
    ),
    "send_text_by_page": OperationDoc(
        "Send a text to a Facebook contact",
        "The same through the manager's page, at most 2,000 characters. `token`, "
        "when given, is used for this message instead of the stored one.",
        answer=MessageShape,
        example=SENT,
        bodies={"By id": TEXT | BY_ID | {"token": "Facebook Page Token"}},
        rules=(ANY_TEXT,),
        refuses=SENDING,
    ),
    "send_file_by_controller": OperationDoc(
        "Send a file to a WhatsApp contact",
        "Checks that the bytes are what they claim, stores them and queues the "
        "message. Its `url` is a signed link, new in every answer and good for an "
        "hour. A picture is shown without what cameras write beside it; `original=1` "
        "in the link's query gives the file as it was sent. `caption` goes out with "
        "the file where the gateway can, `fileName` is what the customer sees it "
        "called, `replyTo` quotes a message. `reply`, the id of a quick reply, sends "
        "its file instead of `base64`; its `type` is then that of the file.",
        answer=MessageShape,
        example=SENT_FILE,
        bodies={"By number": FILE | BY_NUMBER | BESIDE_A_FILE},
        rules=(PHONE_OR_ID, FILE_OR_REPLY),
        refuses=SENDING,
    ),
    "send_file_by_page": OperationDoc(
        "Send a file to a Facebook contact",
        "The same through the manager's page.",
        answer=MessageShape,
        example=SENT_FILE,
        bodies={"By id": FILE | BY_ID | BESIDE_A_FILE},
        rules=(FILE_OR_REPLY,),
        refuses=SENDING,
    ),
    "report_status": OperationDoc(
        "Report how far a message came",
        "Lifts the message, never back. News of a message that is not known yet is "
        "kept 15 minutes; the answer is then null.",
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
        "Answers the contact, with nothing unread.",
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
