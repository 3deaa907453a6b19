"""Chats that are opened again by a call."""

from __future__ import annotations

from django.utils import timezone

from chats.models import Chat
from contacts.models import Contact
from tests import builders
from tests.chats.rules.closing import ledger, pass_time
from tests.contract.shapes import refused


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_the_call_opens_the_chat_again(talk, paid):
    talk.serve()
    talk.close(reason="paid")
    chat = talk.chat
    Contact.objects.filter(pk=talk.contact.pk).update(protocol="another")
    answer = data(talk.reopen())
    assert answer["protocol"] == chat.protocol
    assert answer["operatorId"] == 0
    assert [each["content"] for each in answer["messages"]] == ["oi", "Pois não?"]
    chat.refresh_from_db()
    assert (chat.closed_at, chat.reason) == (None, "")
    assert Chat.objects.count() == 1
    assert talk.contact.protocol == chat.protocol
    assert talk.contact.queued_at is not None
    assert ledger()[-1] == ("reopened", "call")


def test_unread_messages_are_counted_again(talk):
    talk.customer("oi", "alguém?")
    talk.close()
    assert talk.contact.unread == 0
    talk.reopen()
    assert talk.contact.unread == 2


def test_it_can_be_claimed_at_once(talk, ana):
    talk.serve()
    talk.close()
    assert data(talk.reopen(claim=True))["operatorId"] == str(ana.pk)
    assert talk.contact.operator == ana
    assert ledger()[-2:] == [("reopened", "call"), ("claimed", "")]
    talk.close()
    assert talk.chat.last_operator == ana


def test_operator_zero_cannot_claim(talk, support):
    talk.serve()
    talk.close()
    nobody = talk.reopen(claim=True, operatorId="0")
    refused(nobody, 400, "invalid", fields=["claim"])
    data(talk.reopen(operatorId="0"))


def test_it_is_refused_while_another_chat_is_open(talk):
    talk.serve()
    talk.close()
    protocol = talk.chat.protocol
    talk.customer("oi de novo")
    refused(talk.reopen(protocol=protocol), 409, "already_open")
    refused(talk.reopen(), 409, "already_open")


def test_it_is_refused_after_seven_days(talk):
    talk.serve()
    talk.close()
    pass_time(7 * 86_400 + 5)
    refused(talk.reopen(), 409, "too_late")


def test_a_protocol_of_another_contact_is_not_found(talk, manager, sales):
    talk.serve()
    talk.close()
    other = builders.make_chat(
        builders.make_contact(manager, area=sales), closed_at=timezone.now()
    )
    refused(talk.reopen(protocol=other.protocol), 404, "chat_not_found")
    refused(talk.reopen(protocol="none"), 404, "chat_not_found")


def test_a_contact_of_another_operator_is_not_claimed(talk, manager, sales):
    talk.serve()
    talk.close()
    caio = builders.make_operator(manager, sales, name="Caio")
    Contact.objects.filter(pk=talk.contact.pk).update(operator=caio)
    answer = talk.reopen(claim=True)
    names = {"operatorId": str(caio.pk), "operatorName": "Caio"}
    refused(answer, 409, "already_answered", **names)
