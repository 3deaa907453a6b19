"""A customer writes while his chat is closed: his message is lost in no chat."""

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


def sane(talk) -> Chat:
    """Returns the chat of the last message; the columns agree with the rows."""
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


def test_a_person_closes(talk, manager):
    for round_ in range(ROUNDS):
        if round_ % 2:
            builders.save_policy(manager, closingText="Até logo!", reopen=0)
        talk.serve()
        answers = at_once([talk.close, partial(writes, talk)])
        assert [each.status_code for each in answers] == [200, 200]
        sane(talk)
        if Chat.objects.open().filter(contact=talk.contact).exists():
            assert talk.close().status_code == 200


def test_it_goes_on_after_the_closing(talk, manager):
    """With `reopen` there is one chat, and the message is in it, whoever is first."""
    builders.save_policy(manager, reopen=600)
    for _ in range(ROUNDS):
        talk.serve()
        at_once([talk.close, partial(writes, talk)])
        sane(talk)
        assert Chat.objects.filter(contact=talk.contact).count() == 1
        if Chat.objects.open().filter(contact=talk.contact).exists():
            talk.close()


def test_an_idle_chat_is_closed(talk, manager):
    builders.save_policy(manager, idleClose=60, idleText="Encerramos.")
    for _ in range(ROUNDS):
        talk.serve()
        age(61)
        at_once([partial(run_due, "idle"), partial(writes, talk)])
        chat = sane(talk)
        # Who has written is never in a chat that was closed as idle.
        assert chat.closed_at is None
        run_tasks()
        talk.claim()
        talk.answer()
        talk.close()


@pytest.mark.parametrize("writes_first", [True, False])
def test_who_holds_the_contact_is_first(talk, manager, writes_first):
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
    chat = sane(talk)
    assert chat.closed_at is None
    closed = ChatEvent.objects.filter(kind="closed").count()
    assert closed == (0 if writes_first else 1)
    assert Chat.objects.count() == (1 if writes_first else 2)


def test_the_menu_s_exit_closes(api, manager, ana, sales, support):
    for area, code in ((sales, "vendas"), (support, "suporte")):
        type(area).objects.filter(pk=area.pk).update(code=code, name=code.title())
    publish_menu(manager.pk, MENU)
    for _ in range(ROUNDS):
        talk = Conversation(api, manager, ana, None)
        talk.customer("oi")
        assert writes(talk, "#").status_code == 200
        at_once([partial(run_due, "inbound"), partial(writes, talk, "oi?")])
        run_tasks()
        chat = sane(talk)
        last = Message.objects.filter(contact=talk.contact, direction="in").latest("pk")
        # In the chat that the menu closed, or in one that begins.
        left = Chat.objects.filter(contact=talk.contact).earliest("pk")
        assert left.closed_at is not None
        assert chat == left or last.chat.closed_at is None


def test_two_marks_are_one(api, manager, ana, sales):
    builders.save_policy(manager, survey=True)
    for _ in range(ROUNDS):
        # Nobody is asked twenty times within an hour.
        talk = Conversation(api, manager, ana, sales)
        talk.serve()
        talk.close()
        answers = at_once([partial(writes, talk, "1"), partial(writes, talk, "5")])
        assert [each.status_code for each in answers] == [200, 200]
        chat = sane(talk)
        survey = Survey.objects.get(chat=chat)
        rated = ChatEvent.objects.get(chat=chat, kind="rated")
        assert (survey.state, rated.detail) == ("rated", {"rating": survey.rating})
        assert chat.closed_at is not None


def test_two_comments_are_one(talk, manager):
    builders.save_policy(manager, survey=True)
    talk.serve()
    talk.close()
    writes(talk, "1")
    at_once([partial(writes, talk, "Demorou"), partial(writes, talk, "Caro")])
    survey = Survey.objects.get()
    assert survey.comment in ("Demorou", "Caro")
    assert Message.objects.filter(content=THANKS_TEXT).count() == 1
    # The other one is a new conversation.
    assert Chat.objects.count() == 2


def test_reopening_meets_a_new_chat(talk):
    for _ in range(ROUNDS):
        talk.serve()
        talk.close()
        reopened, written = at_once([talk.reopen, partial(writes, talk)])
        assert written.status_code == 200
        assert reopened.status_code in (200, 409)
        if reopened.status_code == 409:
            assert reopened.json()["error"]["code"] == "already_open"
        assert Chat.objects.open().filter(contact=talk.contact).count() == 1
        assert sane(talk).closed_at is None
        talk.claim()
        talk.close()


def test_two_reopen_at_once(talk, manager, sales):
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


def test_an_operator_who_leaves_is_given_nothing(talk, ana):
    """Deactivating waits for the claim, and then releases what he holds."""
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
