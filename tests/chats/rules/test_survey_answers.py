"""Customers' answers to a survey, and messages that are not answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from chats.conversations.audit import Actor
from chats.inbound.contact_merge import _merge
from chats.inbound.record import IncomingMessage, record_message
from chats.messages.targets import ResolvedContact
from chats.models import Auto, Chat, ChatEvent, Message, Survey, Task
from chats.rules import survey as rule
from chats.rules.returning import COMMENT_TEXT, THANKS_TEXT
from tests import builders
from tests.chats.rules.closing import Conversation, pass_time, survey_of
from tests.chats.rules.running import run_tasks
from tests.chats.shapes import message_body

QUESTION = "De 1 a 5, que nota você dá a este atendimento?"


@pytest.fixture(autouse=True)
def surveys(manager):
    builders.save_policy(manager, survey=True)


def state(talk) -> str:
    return str(survey_of(talk.contact).state)


def test_a_mark_is_stored_in_the_closed_chat(asked, manager, sales, api):
    chat = asked.chat
    answered = asked.customer("5")
    assert Chat.objects.count() == 1
    chat.refresh_from_db()
    assert chat.closed_at is not None
    message = Message.objects.latest("pk")
    assert (message.chat, message.status) == (chat, "read")
    assert answered == message_body(message)
    assert (asked.contact.unread, asked.contact.waiting_since) == (0, None)
    survey = survey_of(asked.contact)
    assert (survey.state, survey.rating) == ("rated", 5)
    assert survey.answered_at is not None
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.detail, line.chat) == ("rated", {"rating": 5}, chat)
    assert (line.area, line.operator) == (sales, None)
    assert asked.said() == [("survey", QUESTION)]


def test_another_text_opens_a_new_chat(asked):
    asked.customer("2 pizzas")
    assert Chat.objects.count() == 2
    assert state(asked) == "ignored"
    assert asked.contact.unread == 1
    # Now a mark is an ordinary message.
    asked.customer("5")
    assert Chat.objects.count() == 2
    assert Message.objects.latest("pk").chat == asked.chat


def test_a_file_opens_a_new_chat(asked):
    asked.customer("x", content=..., url="https://example.com/a.png", type="image")
    assert Chat.objects.count() == 2
    assert state(asked) == "ignored"


def test_a_mark_after_a_day_opens_a_new_chat(asked):
    pass_time(86_400 + 5)
    asked.customer("5")
    assert Chat.objects.count() == 2
    assert state(asked) == "expired"


def test_a_survey_without_an_answer_expires(asked):
    rule.expire()
    assert state(asked) == "asked"
    pass_time(86_400 + 5)
    rule.expire()
    assert state(asked) == "expired"


def test_a_low_mark_asks_for_a_comment(asked):
    asked.customer("2")
    assert asked.said()[1:] == [("survey", COMMENT_TEXT)]
    assert Message.objects.get(content=COMMENT_TEXT).chat == asked.chat
    asked.customer("Demorou muito")
    survey = survey_of(asked.contact)
    assert (survey.rating, survey.comment) == (2, "Demorou muito")
    assert survey.comment_until is None
    assert asked.said()[2:] == [("survey", THANKS_TEXT)]
    assert Chat.objects.count() == 1
    assert asked.contact.unread == 0
    # A later message opens a new chat.
    asked.customer("Outra coisa")
    assert Chat.objects.count() == 2


@pytest.mark.parametrize("text", ["0", "não"])
def test_a_comment_can_be_declined(asked, text):
    asked.customer("1")
    asked.customer(text)
    assert survey_of(asked.contact).comment == ""
    assert asked.said()[-1] == ("survey", THANKS_TEXT)
    assert Chat.objects.count() == 1


def test_a_file_is_not_a_comment(asked):
    asked.customer("1")
    asked.customer("x", content=..., url="https://example.com/a.png", type="image")
    assert Chat.objects.count() == 2
    assert survey_of(asked.contact).comment == ""


def test_a_late_comment_opens_a_new_chat(asked):
    asked.customer("1")
    pass_time(15 * 60 + 5)
    asked.customer("Demorou")
    assert Chat.objects.count() == 2


def test_the_highest_mark_that_asks_for_a_comment_is_a_setting(asked, manager):
    builders.save_policy(manager, commentUpTo=0)
    asked.customer("1")
    assert len(asked.said()) == 1
    asked.customer("Demorou")
    assert Chat.objects.count() == 2


def test_a_second_mark_is_stored_and_does_not_count(asked):
    asked.customer("5")
    asked.customer("1")
    assert Chat.objects.count() == 1
    assert survey_of(asked.contact).rating == 5
    assert ChatEvent.objects.filter(kind="rated").count() == 1
    asked.customer("1")
    assert Chat.objects.count() == 2


def test_a_later_second_mark_opens_a_new_chat(asked):
    asked.customer("5")
    pass_time(10 * 60 + 5)
    asked.customer("1")
    assert Chat.objects.count() == 2


def test_a_second_mark_keeps_the_question_for_a_comment(asked):
    asked.customer("1")
    asked.customer("2")
    asked.customer("Demorou")
    survey = survey_of(asked.contact)
    assert (survey.rating, survey.comment) == (1, "Demorou")


def test_an_old_answer_counts_without_a_reply(asked):
    old = timezone.now() - timedelta(hours=2)
    asked.customer("1", timestamp=int(old.timestamp()))
    assert state(asked) == "rated"
    assert len(asked.said()) == 1
    assert survey_of(asked.contact).comment_until is None


def test_a_tapped_choice_is_an_answer(asked):
    contact = asked.contact
    message = IncomingMessage(
        target=ResolvedContact(
            contact.manager_id, contact.pk, contact.channel, contact.external_id
        ),
        sender=contact.external_id,
        senders=[contact.external_id],
        type="text",
        content="4",
        url="",
        file=None,
        gateway_id="wamid.9",
        created_at=timezone.now(),
        tapped=f"s:{asked.chat.pk}:4",
    )
    first = record_message(message, actor=Actor("gateway:cloud"))
    # The gateway sends it twice.
    assert record_message(message, actor=Actor("gateway:cloud")) == first
    survey = survey_of(contact)
    assert (survey.state, survey.rating) == ("rated", 4)
    assert Message.objects.filter(direction="in", content="4").count() == 1


def test_with_an_open_chat_a_mark_is_an_ordinary_message(asked, api):
    body = {"contactNumber": asked.contact.external_id}
    assert api.post("/api/chat/new", body).status_code == 200
    asked.customer("5")
    assert state(asked) == "asked"
    assert Message.objects.latest("pk").chat == asked.chat


def test_an_answer_does_not_reopen_the_chat(asked, manager):
    builders.save_policy(manager, reopen=600)
    asked.customer("4")
    assert asked.chat.closed_at is not None
    asked.customer("Mais uma coisa")
    assert asked.chat.closed_at is None
    assert Chat.objects.count() == 1
    # The answer is kept.
    assert state(asked) == "rated"


def test_reopening_a_chat_voids_its_survey(asked, manager):
    builders.save_policy(manager, reopen=600)
    asked.customer("esqueci uma coisa")
    assert Chat.objects.count() == 1
    assert state(asked) == "void"


def test_merged_contacts_keep_one_survey(asked, manager, ana, sales, api):
    other = Conversation(api, manager, ana, sales)
    other.serve()
    other.close()
    with transaction.atomic():
        _merge(asked.contact.pk, other.contact.pk, Actor("gateway:cloud"))
    states = Survey.objects.filter(contact=asked.contact).values_list(
        "state", flat=True
    )
    assert sorted(states) == ["asked", "void"]


def test_merged_contacts_keep_their_tasks(talk, manager, ana, sales, api):
    builders.save_policy(manager, idleWarn=600)
    other = Conversation(api, manager, ana, sales)
    talk.serve()
    other.serve()
    earlier = Task.objects.get(kind="idle", contact=talk.contact).run_at
    with transaction.atomic():
        _merge(other.contact.pk, talk.contact.pk, Actor("gateway:cloud"))
    task = Task.objects.get(kind="idle")
    assert (task.contact, task.run_at) == (other.contact, earlier)
    run_tasks()


def test_an_answer_is_not_counted_as_unread(asked):
    """Only messages of open chats count."""
    asked.customer("5")
    asked.customer("oi")
    assert asked.contact.unread == 1
    assert Message.objects.filter(auto=Auto.SURVEY).count() == 1
