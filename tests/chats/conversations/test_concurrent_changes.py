"""Statements that check and write at once, when the row changes concurrently."""

from __future__ import annotations

import pytest
from django.db import transaction

from areas.models import Operator
from chats.conversations import assignment
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.models import Chat, ChatEvent, Message
from contacts.models import Contact
from tests.racing import in_a_thread, until_one_waits

pytestmark = pytest.mark.django_db(transaction=True)

BOT = Actor("key:1")


@pytest.fixture
def chat(contact):
    return open_chat(contact, actor=BOT)


@pytest.fixture
def write_message(api, manager, contact):
    """The contact sends a message."""
    number = int(contact.external_id)
    body = {
        "contactNumber": number,
        "managerNumber": manager.number,
        "from": number,
        "type": "text",
        "content": "Oi",
    }
    return lambda: api.post("/api/chat/message/send", body)


@pytest.fixture
def claim(api, manager, contact, ana):
    body = {
        "number": manager.number,
        "contactId": int(contact.external_id),
        "operatorId": str(ana.pk),
    }
    return lambda: api.put("/api/user/contact/operator/my", body)


def after(change, call):
    """Returns the result of the call that waited for the change."""
    with transaction.atomic():
        change()
        waiting = in_a_thread(call)
        until_one_waits()
    return waiting.result()


def kinds(chat):
    events = ChatEvent.objects.filter(chat=chat).order_by("id")
    return list(events.values_list("kind", flat=True))


def test_a_message_during_the_closing_is_stored_in_a_new_chat(
    contact, chat, write_message
):
    answer = after(lambda: close_chat(contact, actor=BOT), write_message)
    assert answer.status_code == 200
    later = Chat.objects.get(closed_at=None)
    assert later.pk != chat.pk
    assert Message.objects.get().chat_id == later.pk
    contact.refresh_from_db()
    assert contact.unread == 1


def test_a_message_during_the_deletion_restores_the_contact(
    contact, chat, write_message
):
    answer = after(lambda: assignment.delete_contact(contact, actor=BOT), write_message)
    assert answer.status_code == 200
    contact.refresh_from_db()
    assert contact.deleted_at is None
    assert Message.objects.get().chat.closed_at is None


def test_simultaneous_messages_are_all_counted(contact, chat, write_message):
    def first():
        assert write_message().status_code == 200

    assert after(first, write_message).status_code == 200
    contact.refresh_from_db()
    assert contact.unread == 2
    assert Message.objects.filter(chat=chat).count() == 2


def test_a_claim_during_the_closing_opens_a_new_chat(contact, chat, ana, claim):
    assert after(lambda: close_chat(contact, actor=BOT), claim).status_code == 200
    contact.refresh_from_db()
    assert contact.operator_id == ana.pk
    assert kinds(chat) == ["opened", "closed"]
    assert kinds(Chat.objects.get(closed_at=None)) == ["opened", "claimed"]


def test_a_claim_during_a_move_to_another_area_is_403(contact, chat, support, claim):
    def move():
        assignment.change_area(contact, support.pk, actor=BOT)

    assert after(move, claim).status_code == 403
    assert Contact.objects.get().operator is None
    assert "claimed" not in kinds(chat)


def test_a_claim_during_another_one_is_409(contact, chat, bruno, claim):
    def win():
        assignment.hand_over(contact, bruno.pk, actor=BOT)

    answer = after(win, claim)
    assert answer.status_code == 409
    assert answer.json()["error"]["operatorId"] == str(bruno.pk)
    assert Contact.objects.get().operator_id == bruno.pk
    assert kinds(chat) == ["opened", "transferred"]


def test_a_claim_while_the_operator_is_deactivated_is_404(chat, ana, claim):
    def leave():
        Operator.objects.filter(pk=ana.pk).update(is_active=False)
        assignment.release_contacts_of(ana, actor=BOT)

    answer = after(leave, claim)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "operator_not_found"
    assert Contact.objects.get().operator is None
