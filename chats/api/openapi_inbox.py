"""The OpenAPI descriptions of the calls of consoles about chats."""

from __future__ import annotations

from chats.api.openapi_examples import BY_ID, MESSAGE, READING, SENT_FILE
from chats.api.responses_inbox import (
    ChatListShape,
    ChatWithAliasesShape,
    ExplanationShape,
    FilesShape,
    HistoryShape,
    TranscriptShape,
)
from contacts.api.openapi import EXAMPLE as CONTACT
from hci_center.api.schema.operation_docs import Json, OperationDoc
from hci_center.errors import (
    AmbiguousContactError,
    AreaNotFoundError,
    ChatNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)

LINE: Json = {
    "m": 123456789,
    "contact": CONTACT,
    "protocol": "BR202611220000178",
    "open": True,
    "openedAt": "2026-11-22T13:05:09.120Z",
    "closedAt": None,
    "state": "waiting",
    "queuedAt": "2026-11-22T13:05:09.120Z",
    "waitingSince": "2026-11-22T13:05:09.120Z",
    "windowEndsAt": "2026-11-23T13:05:09.120Z",
    "last": MESSAGE,
    "tags": ["vip"],
    "clock": {
        "kind": "queue",
        "state": "ok",
        "riskAt": "2026-11-22T13:17:09.120Z",
        "dueAt": "2026-11-22T13:20:09.120Z",
    },
}
COUNT: Json = {"total": 1, "areas": {"sales": 1}}
NONE: Json = {"total": 0, "areas": {}}

CANDIDATE: Json = {
    "operatorId": "2",
    "load": 1,
    "cap": 5,
    "givenAt": "2026-11-22T12:40:00.000Z",
    "passed": None,
}

INBOX_PAGES = {
    "list_chats": OperationDoc(
        "List chats",
        "What the caller sees, of one manager or of all; a key may name an "
        "`operatorId` to see what that operator sees. `waiting` and `serving` answer "
        "whoever waits longest first, all else the latest first. Each open chat is in "
        "one of the states `menu`, `waiting` (nobody holds it), `serving` (held, the "
        "customer spoke last) and `answered`; `open` is all of them, `mine` and "
        "`mineAnswered` are those that the operator holds. `area` is a code or a "
        'name, and `""` means none. `next` is null at the end; sent back as `after` '
        "with the same filters it gives the following page. A chat that moves while "
        "pages are read may come twice, but is not left out. `text` is part of a name "
        "(accents and case do not matter), of a number in any spelling or of a "
        "protocol. `words` are whole words, all in one message, which is the `hit`; "
        "messages are found a few seconds after they came. `counts` adds how many "
        "chats are open by state and area, whatever the other filters. `feedCounts` "
        "adds them as of the change `s` of the live feed: each `line` with a greater "
        "number goes on from them. `s` is null while the feed is far behind. `oldest` "
        "then lists who has waited longest in each area.",
        answer=ChatListShape,
        example={
            "chats": [LINE],
            "next": None,
            "counts": {
                "menu": NONE,
                "waiting": COUNT,
                "serving": NONE,
                "answered": NONE,
                "mine": NONE,
            },
        },
        bodies={
            "Who waits": {"number": 123456789, "state": "waiting", "counts": True},
            "An operator's": {"operatorId": "2", "state": "mine"},
        },
        refuses=(
            ForbiddenError,
            ManagerNotFoundError,
            OperatorNotFoundError,
            AreaNotFoundError,
        ),
    ),
    "explain_assignment": OperationDoc(
        "Why an operator has a chat",
        "The latest automatic assignment of the open chat with everybody who could have "
        "got it, as it was at that moment, and why he did not; null if there was none. "
        "`waiting` is who could get it now, while it waits in an area; empty while "
        "nobody is assigned there, because it is closed or has no rule.",
        answer=ExplanationShape,
        example={
            "assignment": {
                "at": "2026-11-22T13:05:09.120Z",
                "rule": "fewest",
                "trigger": "queue",
                "operatorId": "2",
                "candidates": [
                    CANDIDATE,
                    CANDIDATE | {"operatorId": "3", "load": 4, "passed": "busier"},
                ],
            },
            "waiting": None,
        },
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "get_chat": OperationDoc(
        "One chat of the list",
        "The contact's open chat, else its latest, or the one of the `protocol`. "
        "`aliases` are all names under which the contact is known.",
        answer=ChatWithAliasesShape,
        example=LINE | {"aliases": ["987654321"]},
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "history": OperationDoc(
        "What happened to a contact",
        "Its chats, or the one of the `protocol`, and the newest `limit` (100) lines "
        "of their ledger `before` one, oldest first. `text` is a sentence in the "
        "language of `Accept-Language`.",
        answer=HistoryShape,
        example={
            "sessions": [
                {
                    "protocol": "BR202611220000178",
                    "openedAt": "2026-11-22T13:05:09.120Z",
                    "closedAt": None,
                    "area": "support",
                    "operatorId": "0",
                    "cause": "",
                    "reason": "",
                    "rating": None,
                }
            ],
            "events": [
                {
                    "id": 178,
                    "at": "2026-11-22T17:05:09.120Z",
                    "kind": "entered_area",
                    "protocol": "BR202611220000178",
                    "area": "support",
                    "operatorId": "0",
                    "by": "Ana",
                    "cause": "",
                    "text": "Ana transferred to Support: second copy (14:05)",
                    "detail": {"reason": "second-copy"},
                }
            ],
        },
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "files": OperationDoc(
        "The files of a contact",
        "Of all its chats, newest first, without those that were taken back; "
        "`before` is the id of a message.",
        answer=FilesShape,
        example={
            "files": [
                {
                    "id": MESSAGE["id"],
                    "type": "image",
                    "fileName": "bolo.png",
                    "size": 48213,
                    "createdAt": "2026-11-22T13:05:09.120Z",
                    "url": SENT_FILE["url"],
                }
            ]
        },
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "transcript": OperationDoc(
        "The transcript of a chat",
        "Who said what, with the names and texts that stood when the chat closed. "
        "`page` is a link, good for an hour, to a page for A4. `notes` adds the "
        "internal notes, not for operators.",
        answer=TranscriptShape,
        example={
            "protocol": "BR202611220000178",
            "manager": "Padaria Estrela",
            "contact": {"id": 987654321, "name": "Maria Souza"},
            "openedAt": "2026-11-22T13:05:09.120Z",
            "closedAt": "2026-11-22T13:15:09.120Z",
            "reason": "sold",
            "lines": [
                {
                    "at": "2026-11-22T13:05:09.120Z",
                    "who": "Maria Souza",
                    "text": "Bom dia",
                    "url": "",
                }
            ],
            "page": "https://centre.example/api/chat/transcript/178?signature=…",
        },
        bodies={"By protocol": {"protocol": "BR202611220000178"}},
        refuses=(ForbiddenError, ChatNotFoundError, AmbiguousContactError),
    ),
}
