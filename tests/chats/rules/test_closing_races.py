"""Customers write while their chat is being closed: each message is in the right chat."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction

from areas.rules.menus import publish_menu
from chats.conversations.audit import Actor
from chats.models import Chat, ChatEvent, Message, Survey
from chats.rules import tasks
from chats.rules.returning import THANKS_TEXT
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.closing import Conversation, age
from tests.chats.rules.running import run_tasks
from tests.counts import count
from tests.menus import MENU
from tests.racing import at_once, in_a_thread, until_one_waits

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = count(4, full=50)


@pytest.fixture
def talk(api, manager, ana, sales):
    return Conversation(api, manager, ana, sales)


def writes(talk, text="espera", **over):
    number = int(talk.contact.external_id)
    names = {"contactNumber": number, "managerNumber": talk.manager.number}
    return send(talk.api, **names, **{"from": number, "content": text, **over})


def run_due(kind):
    for task in tasks.lease(20):
        if task.kind == kind:
            tasks.run(task, HANDLERS)


def consistent_chat(talk) -> Chat:
    """Returns the chat of the last message; asserts that the columns match the rows."""
    contact = Contact.objects.get(pk=talk.contact.pk)
    message = Message.objects.filter(direction="in", contact=contact).latest("pk")
    open_chats = list(Chat.objects.open().filter(contact=contact))
    assert len(open_chats) <= 1
    unread = Message.objects.filter(
        chat__in=open_chats, direction="in", status="wait"
    ).count()
    assert contact.unread == (unread if open_chats else 0)
    if not open_chats:
        assert contact.waiting_since is None
        assert contact.operator is None
    lines = ChatEvent.objects.filter(chat__contact=contact)
    closed = lines.filter(kind="closed").count()
    reopened = lines.filter(kind="reopened").count()
    chats = Chat.objects.filter(contact=contact).count()
    assert closed - reopened == chats - len(open_chats)
    return message.chat


def test_closing_by_a_person(talk, manager):
    for round_ in range(ROUNDS):
        if round_ % 2:
            builders.save_policy(manager, closingText="Até logo!", reopen=0)
        talk.serve()
        answers = at_once([talk.close, partial(writes, talk)])
        assert [each.status_code for each in answers] == [200, 200]
        consistent_chat(talk)
        if Chat.objects.open().filter(contact=talk.contact).exists():
            assert talk.close().status_code == 200


def test_closing_by_a_person_with_reopening(talk, manager):
    """With `reopen` there is one chat, which has the message, in either order."""
    builders.save_policy(manager, reopen=600)
    for _ in range(ROUNDS):
        talk.serve()
        at_once([talk.close, partial(writes, talk)])
        consistent_chat(talk)
        assert Chat.objects.filter(contact=talk.contact).count() == 1
        if Chat.objects.open().filter(contact=talk.contact).exists():
            talk.close()


def test_closing_an_idle_chat(talk, manager):
    builders.save_policy(manager, idleClose=60, idleText="Encerramos.")
    for _ in range(ROUNDS):
        talk.serve()
        age(61)
        at_once([partial(run_due, "idle"), partial(writes, talk)])
        chat = consistent_chat(talk)
        # A chat with a new message is never closed as idle.
        assert chat.closed_at is None
        run_tasks()
        talk.claim()
        talk.answer()
        talk.close()


@pytest.mark.parametrize("writes_first", [True, False])
def test_closing_as_idle_and_a_customers_message(talk, manager, writes_first):
    builders.save_policy(manager, idleClose=60)
    talk.serve()
    age(61)
    first, second = partial(writes, talk), partial(run_due, "idle")
    if not writes_first:
        first, second = second, first
    with transaction.atomic():
        first()
        waiting = in_a_thread(second)
        until_one_waits()
    waiting.result()
    chat = consistent_chat(talk)
    assert chat.closed_at is None
    closed = ChatEvent.objects.filter(kind="closed").count()
    assert closed == (0 if writes_first else 1)
    assert Chat.objects.count() == (1 if writes_first else 2)


def test_closing_by_the_menu(api, manager, ana, sales, support):
    for area, code in ((sales, "vendas"), (support, "suporte")):
        type(area).objects.filter(pk=area.pk).update(code=code, name=code.title())
    publish_menu(manager.pk, MENU)
    for _ in range(ROUNDS):
        talk = Conversation(api, manager, ana, None)
        talk.customer("oi")
        assert writes(talk, "#").status_code == 200
        at_once([partial(run_due, "inbound"), partial(writes, talk, "oi?")])
        run_tasks()
        chat = consistent_chat(talk)
        last = Message.objects.filter(contact=talk.contact, direction="in").latest("pk")
        # It is in the chat that the menu closed, or in a new one.
        left = Chat.objects.filter(contact=talk.contact).earliest("pk")
        assert left.closed_at is not None
        assert chat == left or last.chat.closed_at is None


def test_simultaneous_marks_are_stored_once(api, manager, ana, sales):
    builders.save_policy(manager, survey=True)
    for _ in range(ROUNDS):
        # A customer is not asked twenty times within an hour.
        talk = Conversation(api, manager, ana, sales)
        talk.serve()
        talk.close()
        answers = at_once([partial(writes, talk, "1"), partial(writes, talk, "5")])
        assert [each.status_code for each in answers] == [200, 200]
        chat = consistent_chat(talk)
        survey = Survey.objects.get(chat=chat)
        rated = ChatEvent.objects.get(chat=chat, kind="rated")
        assert (survey.state, rated.detail) == ("rated", {"rating": survey.rating})
        assert chat.closed_at is not None


def test_simultaneous_comments_are_stored_once(talk, manager):
    builders.save_policy(manager, survey=True)
    talk.serve()
    talk.close()
    writes(talk, "1")
    at_once([partial(writes, talk, "Demorou"), partial(writes, talk, "Caro")])
    survey = Survey.objects.get()
    assert survey.comment in ("Demorou", "Caro")
    assert Message.objects.filter(content=THANKS_TEXT).count() == 1
    # The other message starts a new chat.
    assert Chat.objects.count() == 2


def test_reopening_while_a_new_chat_opens(talk):
    for _ in range(ROUNDS):
        talk.serve()
        talk.close()
        reopened, written = at_once([talk.reopen, partial(writes, talk)])
        assert written.status_code == 200
        assert reopened.status_code in (200, 409)
        if reopened.status_code == 409:
            assert reopened.json()["error"]["code"] == "already_open"
        assert Chat.objects.open().filter(contact=talk.contact).count() == 1
        assert consistent_chat(talk).closed_at is None
        talk.claim()
        talk.close()


def test_simultaneous_reopenings(talk, manager, sales):
    talk.serve()
    talk.close()
    caio = builders.make_operator(manager, sales, name="Caio")
    calls = [
        partial(talk.reopen, claim=True),
        partial(talk.reopen, claim=True, operatorId=str(caio.pk)),
    ]
    answers = at_once(calls)
    assert sorted(each.status_code for each in answers) == [200, 409]
    assert ChatEvent.objects.filter(kind="reopened").count() == 1


def test_reopening_for_an_operator_being_deactivated(talk, ana):
    """Deactivating waits for the claim, then releases his contacts."""
    from chats.conversations.assignment import release_contacts_of

    talk.serve()
    talk.close()

    def leaves():
        with transaction.atomic():
            type(ana).objects.filter(pk=ana.pk).update(is_active=False)
            release_contacts_of(ana, actor=Actor("user:1"))

    reopened, _ = at_once([partial(talk.reopen, claim=True), leaves])
    assert reopened.status_code in (200, 404)
    assert Contact.objects.get(pk=talk.contact.pk).operator is None
