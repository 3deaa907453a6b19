"""POST api/chat/files: a contact's files in both directions, newest first."""

from __future__ import annotations

from tests import builders
from tests.chats.inbox.rows import at
from tests.contract.call import PNG, PNG_SIZE
from tests.contract.shapes import LINK, TIME, refused


def files(api, contact, **fields):
    body = {"operatorId": "0", "contactId": contact.external_id} | fields
    response = api.post("/api/chat/files", body)
    assert response.status_code == 200, response.content
    return response.json()["data"]["files"]


def received(api, manager, contact, **fields):
    body = {
        "managerNumber": manager.number,
        "contactNumber": contact.external_id,
        "from": contact.external_id,
    }
    return api.post("/api/chat/message/send", body | fields).json()["data"]


def test_files_of_all_chats_without_texts_and_deleted_messages(api, manager, contact):
    old = builders.make_chat(contact, closed_at=at(1))
    linked = builders.make_message(old, type="image", content="", url="a.jpg")
    builders.make_message(old, type="location", content="here")
    builders.make_message(
        old, type="image", url="b.jpg", details={"deleted": "2026-11-20T12:00:00Z"}
    )
    stored = received(api, manager, contact, base64=PNG, type="image", fileName="a.png")
    received(api, manager, contact, content="oi", type="text")
    assert files(api, contact) == [
        {
            "id": stored["id"],
            "type": "image",
            "fileName": "a.png",
            "size": PNG_SIZE,
            "createdAt": TIME,
            "url": LINK,
        },
        {
            "id": str(linked.uuid),
            "type": "image",
            "fileName": "",
            "size": None,
            "createdAt": TIME,
            "url": "a.jpg",
        },
    ]


def test_pages_have_no_gaps(api, contact):
    chats = [builders.make_chat(contact, closed_at=at(1)), builders.make_chat(contact)]
    sent = [
        str(builders.make_message(chats[n % 2], type="file", url=f"{n}").uuid)
        for n in range(7)
    ]
    seen, before = [], {}
    while found := files(api, contact, limit=3, **before):
        seen += [each["id"] for each in found]
        before = {"before": seen[-1]}
    assert seen == sent[::-1]


def test_a_message_of_another_contact_is_refused(api, manager, contact):
    builders.make_chat(contact)
    foreign = builders.make_message(
        builders.make_chat(builders.make_contact(manager)), type="file", url="x"
    )
    body = {"operatorId": "0", "contactId": contact.external_id}
    answer = api.post("/api/chat/files", body | {"before": str(foreign.uuid)})
    refused(answer, 400, "invalid", fields=["before"])
