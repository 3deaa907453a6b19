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
        "Adds an internal note to the open chat. Customers never see notes, and "
        "no list of messages contains them. `mentions` are the ids of operators; "
        "each of them must be able to see the contact. A note cannot be changed "
        "or deleted.",
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
        "List the notes on a contact",
        "Returns the notes on all chats of the contact, or on the chat with the "
        "given `protocol`, oldest first. The contact needs no open chat. `limit` "
        "(default: 100) returns the newest notes; `before` (the id of a note) "
        "returns notes before that one.",
        answer=NoteListShape,
        example={"notes": [NOTE]},
        bodies={"By id": {"operatorId": "2", **BY_ID}},
        refuses=READING,
    ),
    "change_tags": OperationDoc(
        "Change the tags of a contact",
        "Adds the tags in `add` to the contact, removes the tags in `remove`, and "
        "returns all tags of the contact, all by code. A contact can have at most "
        "20 tags. A code that the manager does not have is refused. Tags belong "
        "to the contact: they are kept when its chat is closed, and no open chat "
        "is needed.",
        answer=TagListShape,
        example={"tags": ["vip"]},
        bodies={"Add one": {"operatorId": "2", **BY_ID, "add": ["vip"]}},
        rules=(one_of("add", "remove"),),
        refuses=READING,
    ),
}
