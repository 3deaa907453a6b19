"""Examples and error lists shared by the OpenAPI descriptions of chats."""

from __future__ import annotations

from hci_center.api.schema.operation_docs import Json, one_of
from hci_center.errors import (
    AmbiguousContactError,
    ChatNotFoundError,
    ContactNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)

MESSAGE: Json = {
    "content": "Text of a message",
    "type": "text",
    "from": 987654321,
    "status": "wait",
    "id": "0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e",
    "createdAt": "2026-11-22T13:05:09.120Z",
    "direction": "in",
}
SENT = MESSAGE | {"from": "2", "direction": "out"}
SENT_FILE = SENT | {
    "content": "Arquivo em anexo",
    "type": "image",
    "url": "https://centre.example/api/chat/file/3f1c…?signature=…",
    "caption": "Meu bolo",
    "fileName": "bolo.png",
    "fileSize": 48213,
}
CHAT: Json = {
    "contactId": 987654321,
    "operatorId": 0,
    "messages": [],
    "protocol": "BR202611220000178",
}
BY_NUMBER = {"contactNumber": 987654321}
BY_ID = {"contactId": 987654321}

TEXT: Json = {"content": "VGV4dA==", "content2": "textExample", "operatorId": "2"}
FILE: Json = {"from": "2", "base64": "data:image/png;base64,iVBORw0K", "type": "image"}
BESIDE_A_FILE: Json = {"caption": "Meu bolo", "fileName": "bolo.png"}
ANY_TEXT = one_of("content", "content2")
FILE_OR_REPLY = one_of("base64", "reply")
PHONE_OR_ID = one_of("contactNumber", "contactId")

AMBIGUOUS = (ContactNotFoundError, AmbiguousContactError)
READING = (
    ForbiddenError,
    OperatorNotFoundError,
    ChatNotFoundError,
    AmbiguousContactError,
)
SENDING = (
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
    *AMBIGUOUS,
)
