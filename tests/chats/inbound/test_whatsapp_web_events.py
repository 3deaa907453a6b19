"""Events of Evolution and WPPConnect, from their webhook to the message."""

from __future__ import annotations

from base64 import b64encode

import pytest

from chats.accounts.registry import webhook_path
from chats.models import InboundEvent, Message, Task
from contacts.models import Contact
from managers.models import Manager
from tests.chats.conftest import PHONE, PNG, post, stored_bytes

pytestmark = pytest.mark.django_db(transaction=True)

JID = f"{PHONE}@s.whatsapp.net"
CHAT = f"{PHONE}@c.us"


@pytest.fixture
def deliver(manager, rounds):
    """Posts events as the gateway does and lets the worker process them."""

    def post_and_process(fake, *events):
        for one in events:
            path = webhook_path(manager.gateway, manager.pk)
            assert post(fake, path, one).status_code == 200
            rounds.make()
        assert not InboundEvent.objects.exclude(state="done").exists()

    return post_and_process


def test_a_photo_of_an_album_is_fetched_by_its_own_message(evolution, deliver):
    photo = {"mimetype": "image/png", "caption": "2 de 3", "mediaKey": {"0": 7}}
    kind = "associatedChildMessage"
    part = {kind: {"message": {"imageMessage": photo}}}
    evolution.media["3A7"] = (b64encode(PNG).decode(), "image/png")
    deliver(
        evolution,
        evolution.inbound(JID, message=part, messageType=kind, key={"id": "3A7"}),
    )
    message = Message.objects.get()
    assert (message.type, message.details["caption"]) == ("image", "2 de 3")
    assert stored_bytes(message.attachment) == PNG
    assert message.error == ""


def test_a_missed_call_is_one_message(evolution, deliver):
    call = {"id": "C1", "from": JID, "isVideo": False}
    deliver(evolution, evolution.event("call", {**call, "status": "offer"}))
    assert Message.objects.get().content == "Voice call"
    deliver(evolution, evolution.event("call", {**call, "status": "timeout"}))
    assert Message.objects.get().content == "Missed voice call"


def test_a_call_does_not_make_a_customer_wait(evolution, deliver, manager):
    Manager.objects.filter(pk=manager.pk).update(has_automation=True)
    call = evolution.event("call", {"id": "C1", "from": JID, "status": "offer"})
    deliver(evolution, call, call)
    contact, line = Contact.objects.get(), Message.objects.get()
    assert (line.direction, line.status) == ("in", "read")
    assert line.chat.closed_at is None
    assert (contact.unread, contact.waiting_since, contact.queued_at) == (0, None, None)
    assert contact.last_in_at is None
    assert contact.last_message_at == line.created_at
    assert not Task.objects.exists()
    deliver(evolution, evolution.inbound(JID, "Liguei agora"))
    contact.refresh_from_db()
    assert contact.unread == 1
    assert contact.waiting_since is not None
    assert list(Message.objects.values_list("chat", flat=True)) == [line.chat_id] * 2


def test_a_call_does_not_change_an_existing_wait(evolution, deliver):
    call = {"id": "C1", "from": JID, "status": "offer"}
    deliver(evolution, evolution.inbound(JID, "Alguém aí?"))
    before = Contact.objects.get()
    deliver(evolution, evolution.event("call", call))
    after = Contact.objects.get()
    assert (after.unread, after.waiting_since) == (1, before.waiting_since)
    assert Message.objects.count() == 2


def test_an_edit_and_a_deletion_change_their_message(evolution, deliver):
    key = {"id": "3A1"}
    edit = {
        "key": key,
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": "dois bolos"},
    }
    deliver(
        evolution,
        evolution.inbound(JID, "um bolo", key=key),
        evolution.event("messages.edited", edit),
        evolution.event("messages.delete", {**key, "remoteJid": JID}),
    )
    message = Message.objects.get()
    assert message.content == "dois bolos"
    assert {"edited", "deleted"} <= message.details.keys()


def test_only_the_invalid_message_of_a_batch_is_parked(evolution, manager, rounds):
    good = [evolution.inbound(JID, text)["data"] for text in ("um", "dois")]
    batch = [good[0], {"key": {}}, good[1]]
    events = evolution.event("messages.upsert", batch)
    post(evolution, webhook_path("evolution", manager.pk), events)
    rounds.make()
    contents = Message.objects.order_by("pk").values_list("content", flat=True)
    assert list(contents) == ["um", "dois"]
    states = InboundEvent.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done", "parked", "done"]


def test_a_message_decrypted_later_is_stored(wppconnect, deliver):
    first = wppconnect.inbound(CHAT, "", type="ciphertext", id=f"false_{CHAT}_3A1")
    deliver(wppconnect, first, {**first, "type": "chat", "body": "Oi"})
    assert Message.objects.get().content == "Oi"


def test_unread_messages_at_startup_are_stored_once(wppconnect, deliver):
    events = wppconnect.inbound(CHAT, "não lida")
    deliver(wppconnect, {**events, "event": "unreadmessages"}, events)
    assert Message.objects.get().content == "não lida"


def test_a_reply_and_a_reaction_refer_to_their_message(wppconnect, deliver):
    first = wppconnect.inbound(CHAT, "Quanto é?")
    reply = wppconnect.inbound(CHAT, "o de cenoura", quotedMsgId=first["id"])
    reaction = wppconnect.event(
        "onreactionmessage",
        id={"fromMe": False, "remote": CHAT},
        msgId={"_serialized": first["id"]},
        reactionText="👍",
    )
    deliver(wppconnect, first, reply, reaction)
    question, answer = Message.objects.order_by("pk")
    assert answer.details["replyTo"] == str(question.uuid)
    assert [one["emoji"] for one in question.details["reactions"]] == ["👍"]
