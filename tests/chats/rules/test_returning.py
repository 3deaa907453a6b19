"""A customer's message soon after the closing reopens the chat."""

from __future__ import annotations

import pytest

from areas.rules.menus import publish_menu
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat
from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.closing import ledger, pass_time
from tests.chats.rules.conftest import connect
from tests.counting import at_most
from tests.menus import MENU


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_a_customer_s_message_reopens_the_chat(talk, manager, paid):
    builders.save_policy(manager, reopen=600)
    talk.serve()
    talk.close(reason="paid")
    chat = talk.chat
    talk.customer("esqueci uma coisa")
    assert Chat.objects.count() == 1
    chat.refresh_from_db()
    assert (chat.closed_at, chat.reason) == (None, "")
    assert ledger()[-1] == ("reopened", "customer")
    # "oi" is unread, too.
    assert talk.contact.unread == 2
    assert talk.contact.waiting_since is not None
    assert Message.objects.latest("pk").chat == chat


def test_a_file_reopens_the_chat(talk, manager):
    builders.save_policy(manager, reopen=600)
    talk.serve()
    talk.close()
    talk.customer("x", content=..., url="https://example.com/a.png", type="image")
    assert Chat.objects.count() == 1


@pytest.mark.parametrize("cause", ["", "resolved", "idle", "menu", "customer"])
def test_an_unresolved_chat_is_not_reopened(talk, manager, cause):
    builders.save_policy(manager, reopen=600)
    talk.serve()
    Contact.objects.filter(pk=talk.contact.pk).update(operator=None)
    body = {"contactId": talk.contact.external_id}
    data(talk.api.delete("/api/chat/", body | ({"cause": cause} if cause else {})))
    talk.customer("oi")
    goes_on = cause in ("", "resolved", "idle")
    assert Chat.objects.count() == (1 if goes_on else 2)


def test_after_that_time_a_new_chat_opens(talk, manager, sales):
    builders.save_policy(manager, reopen=600)
    builders.save_policy(manager, sales, reopen=60)
    talk.serve()
    talk.close()
    pass_time(61)
    talk.customer("oi")
    assert Chat.objects.count() == 2


def test_only_the_last_chat_is_reopened(talk, manager):
    builders.save_policy(manager, reopen=600)
    talk.serve()
    talk.close()
    first = talk.chat
    data(talk.api.post("/api/chat/new", {"contactNumber": talk.contact.external_id}))
    second = talk.chat
    assert second != first
    body = {"contactId": talk.contact.external_id, "cause": "menu"}
    data(talk.api.delete("/api/chat/", body))
    talk.customer("oi")
    first.refresh_from_db()
    assert first.closed_at is not None
    assert Chat.objects.count() == 3


def test_a_reopened_chat_goes_to_its_last_operator(talk, manager, sales, ana):
    builders.save_policy(manager, sales, reopen=600, lastOperator=3600, assign="fewest")
    other = builders.make_operator(manager, sales, name="Caio")
    talk.serve()
    talk.close()
    connect(ana)
    connect(other)
    talk.customer("mais uma coisa")
    assert talk.contact.operator == ana
    assert ledger()[-2:] == [("reopened", "customer"), ("assigned", "last")]


def test_after_the_time_for_the_last_operator_it_is_queued(talk, manager, ana):
    builders.save_policy(manager, reopen=600, lastOperator=60)
    talk.serve()
    talk.close()
    connect(ana)
    pass_time(61)
    talk.customer("mais uma coisa")
    assert Chat.objects.count() == 1
    assert talk.contact.operator is None


def test_a_chat_reopened_by_a_call_is_queued(talk, manager, ana):
    builders.save_policy(manager, lastOperator=600)
    talk.serve()
    talk.close()
    connect(ana)
    data(talk.reopen())
    assert talk.contact.operator is None


def test_the_menu_does_not_start_in_a_reopened_chat(talk, manager, sales):
    builders.make_area(manager, code="suporte")
    talk.serve()
    talk.close()
    publish_menu(manager.pk, MENU)
    builders.save_policy(manager, reopen=600)
    Message.objects.filter(direction="out").delete()
    talk.customer("oi")
    assert Chat.objects.count() == 1
    assert talk.said() == []


def test_without_rules_a_returning_customer_needs_no_query(talk, api):
    talk.serve()
    talk.close()
    with at_most(7):
        send(
            api,
            contactNumber=int(talk.contact.external_id),
            **{"from": int(talk.contact.external_id)},
        )


def test_a_chat_closed_in_the_back_office_is_reopened(talk, manager):
    builders.save_policy(manager, reopen=600)
    talk.serve()
    close_chat(talk.contact, actor=Actor("user:1"))
    talk.customer("oi")
    assert Chat.objects.count() == 1
