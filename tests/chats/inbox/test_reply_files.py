"""Files of quick replies: stored once, shared by the messages that are sent with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from chats.files import storage
from chats.files.storage import sweep_orphans
from chats.models import Attachment, Delivery, GatewayAccount, Reply, ReplyFile
from tests import builders
from tests.contract.call import PNG, PNG_SIZE
from tests.contract.shapes import LINK, refused

TO_NUMBER = "/api/chat/message/send/operator/file/8080"
TO_PAGE = "/api/chat/message/send/operator/file/facebook"


def save(api, operator, **fields):
    body = {"operatorId": str(operator), "shortcut": "cardapio", "base64": PNG}
    response = api.post("/api/reply/save", body | fields)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def send(api, ana, contact, reply, url=TO_NUMBER, **fields):
    names = {TO_NUMBER: "contactNumber", TO_PAGE: "contactId"}
    body = {"from": str(ana.pk), names[url]: contact.external_id, "reply": reply["id"]}
    return api.post(url, body | fields)


def files():
    root = Path(default_storage.location)
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_reply_has_a_file(api, ana):
    reply = save(api, ana.pk, fileName="../fotos/cardápio.png")
    assert reply["url"] == LINK
    assert (reply["type"], reply["fileName"], reply["fileSize"]) == (
        "image",
        "cardápio.png",
        PNG_SIZE,
    )
    served = api.client.get(reply["url"])
    assert b"".join(served.streaming_content).startswith(b"\x89PNG")
    assert served["X-Content-Type-Options"] == "nosniff"
    unsigned = api.get(reply["url"].partition("?")[0])
    refused(unsigned, 403, "forbidden")


@pytest.mark.parametrize("url", [TO_NUMBER, TO_PAGE])
def test_the_file_is_sent_without_a_copy(api, ana, contact, page_contact, url):
    reply = save(api, 0, scope="manager", fileName="cardápio.png")
    to = contact if url == TO_NUMBER else page_contact
    response = send(api, ana, to, reply, url, caption="Aqui está")
    assert response.status_code == 200, response.content
    message = response.json()["data"]
    assert message["type"] == "image"
    assert message["fileName"] == "cardápio.png"
    assert (message["fileSize"], message["caption"]) == (PNG_SIZE, "Aqui está")
    attachment = Attachment.objects.get()
    assert attachment.file.name == ReplyFile.objects.get().file.name
    assert Delivery.objects.filter(message=attachment.message).exists()
    assert len(files()) == 1


def test_messages_keep_the_file_of_a_deleted_reply(api, ana, contact, monkeypatch):
    monkeypatch.setattr(storage, "_ORPHANED_AFTER", storage.timedelta(0))
    reply = save(api, ana.pk)
    message = send(api, ana, contact, reply).json()["data"]
    body = {"operatorId": str(ana.pk), "id": reply["id"]}
    assert api.delete("/api/reply/", body).status_code == 200
    assert sweep_orphans() == 0
    assert b"".join(api.client.get(message["url"]).streaming_content)


def test_an_unused_file_is_deleted(api, ana, monkeypatch):
    monkeypatch.setattr(storage, "_ORPHANED_AFTER", storage.timedelta(0))
    save(api, ana.pk, text="Veja")
    assert sweep_orphans() == 0
    save(api, ana.pk)
    assert ReplyFile.objects.count() == 1
    assert sweep_orphans() == 1
    reply = save(api, ana.pk, base64="")
    assert (reply["url"], reply["text"]) == ("", "Veja")
    assert not ReplyFile.objects.exists()
    assert sweep_orphans() == 1
    assert files() == []


def test_a_reply_needs_a_text_or_a_file(api, ana):
    save(api, ana.pk)
    body = {"operatorId": str(ana.pk), "shortcut": "cardapio", "base64": ""}
    refused(api.post("/api/reply/save", body), 400, "invalid", fields=["text"])
    assert Reply.objects.get().file is not None


def test_only_a_reply_offered_to_the_operator_can_be_sent(
    api, manager, other_manager, support, ana, bruno, contact
):
    his = save(api, bruno.pk)
    of_area = save(api, 0, area="suporte")
    text = Reply.objects.create(manager=manager, shortcut="x", text="x", operator=ana)
    foreign = Reply.objects.create(
        manager=other_manager, shortcut="x", text="x", operator=None
    )
    replies = [his["id"], of_area["id"], text.pk, foreign.pk, "0", "x"]
    for reply in replies:
        response = send(api, ana, contact, {"id": reply})
        refused(response, 400, "invalid", fields=["reply"])
    assert not Delivery.objects.exists()
    contact.area = support
    contact.operator = ana
    contact.save()
    assert send(api, ana, contact, of_area).status_code == 200


def test_its_type_must_be_that_of_the_file(api, ana, contact):
    reply = save(api, ana.pk)
    response = send(api, ana, contact, reply, type="video")
    refused(response, 400, "invalid", fields=["type"])
    assert send(api, ana, contact, reply, type="file").json()["data"]["type"] == "file"


def test_a_gateways_refusal_names_the_reply(api, manager, ana, contact):
    reply = save(api, ana.pk)
    GatewayAccount.objects.create(
        manager=manager, channel="whatsapp", largest_file=PNG_SIZE - 1
    )
    response = send(api, ana, contact, reply)
    refused(response, 400, "invalid", fields=["reply"])
    assert not ReplyFile.objects.get().is_used


def test_a_call_without_reply_or_file_is_refused(api, ana):
    response = api.post(TO_NUMBER, {"from": str(ana.pk), "type": "planet"})
    assert list(response.json()["error"]["fields"]) == [
        "base64",
        "type",
        "contactNumber",
    ]
    body = {"from": str(ana.pk), "reply": ""}
    fields = api.post(TO_NUMBER, body).json()["error"]["fields"]
    assert list(fields) == ["base64", "type", "contactNumber"]


def test_a_repeat_with_a_key_is_answered_once(api, ana, contact):
    headers = {"Idempotency-Key": "k"}
    body = {"operatorId": str(ana.pk), "shortcut": "a", "base64": PNG}
    first = api.post("/api/reply/save", body, headers=headers)
    assert first.status_code == 200, first.content
    reply = first.json()["data"]
    body = {
        "from": str(ana.pk),
        "contactNumber": contact.external_id,
        "reply": reply["id"],
    }
    sent = [api.post(TO_NUMBER, body, headers=headers).json()["data"] for _ in range(2)]
    assert sent[0]["id"] == sent[1]["id"]
    assert Attachment.objects.count() == 1
    assert len(files()) == 1
    assert builders.Message.objects.count() == 1
