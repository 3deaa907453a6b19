"""The OpenAPI descriptions of the calls about notes and tags."""

from __future__ import annotations

from chats.api.openapi_examples import BY_ID, READING
from chats.api.responses_notes import NoteListShape, NoteShape, TagListShape
from hci_center.api.schema.operation_docs import Json, OperationDoc, one_of

NOTE: Json = {
    "id": "41",
    "text": "Pediu segunda via; Bruno confirma o endereço.",
    "operatorId": "2",
    "mentions": ["3"],
    "createdAt": "2026-11-22T13:05:09.120Z",
    "protocol": "BR202611220000178",
    "author": "Ana",
}

NOTE_PAGES = {
    "write_note": OperationDoc(
        "Write a note",
        "Keeps an internal note on the open chat; no customer reads it, and it is in "
        "no list of messages. `mentions` names operators, each of whom must see the "
        "contact now. A note is never changed or deleted.",
        answer=NoteShape,
        example=NOTE,
        bodies={
            "With a mention": {
                "operatorId": "2",
                **BY_ID,
                "text": NOTE["text"],
                "mentions": ["3"],
            }
        },
        refuses=READING,
    ),
    "list_notes": OperationDoc(
        "The notes on a contact",
        "On all its chats, or on the one of the `protocol`, oldest first; no chat "
        "need be open. `limit` (100) keeps the newest, `before` (the id of a note) "
        "gives those before it.",
        answer=NoteListShape,
        example={"notes": [NOTE]},
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "change_tags": OperationDoc(
        "Change the tags of a contact",
        "Puts the tags of `add` on the contact and takes those of `remove` off, both "
        "by code, and answers all that it then has. A contact has at most 20; a code "
        "that the manager lacks is refused. Tags outlive chats: none need be open.",
        answer=TagListShape,
        example={"tags": ["vip"]},
        bodies={"Add one": {"operatorId": "2", **BY_ID, "add": ["vip"]}},
        rules=(one_of("add", "remove"),),
        refuses=READING,
    ),
}
