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
        "Returns the chats that the caller may see, of one manager or of all. A "
        "key can give an `operatorId` to list what that operator sees.\n\n"
        "- `state`: each open chat is in one of the states `menu`, `waiting` (no "
        "operator holds it), `serving` (held, and the customer wrote last) and "
        "`answered`. `open` selects all of these. `mine` and `mineAnswered` "
        "select the chats that the operator holds.\n"
        "- Order: `waiting` and `serving` list the longest wait first, all other "
        "states the latest chat first.\n"
        '- `area` is a code or a name; `""` selects contacts without an area.\n'
        "- `text` searches in names (without regard to accents and case), numbers "
        "(in any spelling) and protocols.\n"
        "- `words` searches for whole words in messages. All words must be in one "
        "message, which is returned as `hit`. A message can be found a few "
        "seconds after it arrives.\n"
        "- `next` is null on the last page. To get the following page, send it as "
        "`after` with the same filters. A chat that changes meanwhile may appear "
        "twice, but is never left out.\n"
        "- `counts` adds the number of open chats by state and area, without "
        "regard to the other filters.\n"
        "- `feedCounts` adds the same numbers as of change `s` of the live feed: "
        "apply each `line` event with a greater number to them. `s` is null while "
        "the feed is far behind. `oldest` then lists the longest waits of each "
        "area.",
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
        "Explain an assignment",
        "Returns the latest automatic assignment of the open chat: all operators "
        "who could have got the chat, as they were at that moment, and why the "
        "others were not chosen. `assignment` is null if there was none. "
        "`waiting` lists the operators who could get the chat now. It is null if "
        "the chat does not wait in an area, and empty if the area is closed or "
        "has no assignment rule.",
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
        "Get a chat",
        "Returns the chat with the given `protocol`; without it, the contact's "
        "open chat or, if there is none, the latest one. `aliases` are all names "
        "under which the contact is known.",
        answer=ChatWithAliasesShape,
        example=LINE | {"aliases": ["987654321"]},
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "history": OperationDoc(
        "Get the history of a contact",
        "Returns the contact's chats (or only the one with the given `protocol`) "
        "and the newest `limit` events (default: 100) before the event with the "
        "id `before`, oldest first. `text` is a sentence in the language of "
        "`Accept-Language`.",
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
        "List the files of a contact",
        "Returns the files of all chats of the contact, newest first. Files of "
        "deleted messages are left out. `before` is the id of a message.",
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
        "Get the transcript of a chat",
        "Returns the messages of the chat with their authors. Names and texts are "
        "those at the time when the chat was closed. `page` is a link to a "
        "printable page (A4), valid for 1 hour. `notes` adds the internal notes; "
        "operators cannot use it.",
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
