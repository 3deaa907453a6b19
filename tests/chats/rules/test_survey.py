"""The survey after a chat: when a customer is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chats.models import ChatEvent, Delivery, Message, Survey
from contacts.models import Consent, Contact
from tests import builders
from tests.chats.rules.closing import Conversation, ledger, pass_time, survey_of
from tests.conftest import signed_in

QUESTION = "De 1 a 5, que nota você dá a este atendimento?"


@pytest.fixture(autouse=True)
def surveys(manager):
    builders.save_policy(manager, survey=True)


def state(talk) -> str:
    return str(survey_of(talk.contact).state)


def test_the_customer_is_asked_when_a_person_closes(talk, ana, sales):
    builders.save_policy(talk.manager, closingText="Até logo!")
    talk.serve()
    answer = talk.close(signed_in(ana.user)).json()["data"]
    assert answer["survey"] is True
    assert talk.said() == [("closing", "Até logo!"), ("survey", QUESTION)]
    survey = survey_of(talk.contact)
    assert (survey.chat, survey.operator, survey.area) == (talk.chat, ana, sales)
    assert (survey.state, survey.rating, survey.comment) == ("asked", None, "")
    kinds = [kind for kind, _ in ledger(talk.chat)]
    assert kinds[-2:] == ["survey_sent", "closed"]
    # A controller shows the text alone.
    assert Delivery.objects.get(message__auto="survey").choices is None


@pytest.mark.parametrize(
    ("channel", "kind"), [("page", "quick_replies"), ("cloud", "list")]
)
def test_it_is_shown_as_choices(api, manager, ana, sales, channel, kind):
    builders.save_policy(manager, survey=True)
    talk = Conversation(api, manager, ana, sales)
    if channel == "cloud":
        type(manager).objects.filter(pk=manager.pk).update(gateway="whatsapp_cloud")
    talk.serve()
    if channel == "page":
        Contact.objects.filter(pk=talk.contact.pk).update(channel="facebook")
    talk.close()
    message = Message.objects.get(auto="survey")
    choices = Delivery.objects.get(message=message).choices
    assert message.content == QUESTION
    assert (choices["kind"], choices["head"]) == (kind, len(QUESTION))
    chat = talk.chat.pk
    assert choices["items"] == [
        {"id": f"s:{chat}:{mark}", "title": str(mark)} for mark in range(1, 6)
    ]


def test_a_closing_by_a_key_without_operator_asks_nothing(talk):
    talk.serve()
    answer = talk.close(operatorId="0").json()["data"]
    assert answer["survey"] is False
    assert not Survey.objects.exists()


def test_the_documented_call_asks_for_people_only(talk, api, ana):
    body = {"contactId": talk.contact.external_id}
    talk.serve()
    assert api.delete("/api/chat/", body).status_code == 200
    assert not Survey.objects.exists()
    talk.serve()
    person = signed_in(ana.user)
    assert person.delete("/api/chat/", body).status_code == 200
    assert state(talk) == "asked"


def test_the_call_can_suppress_the_survey(talk, ana):
    talk.serve()
    assert talk.close(survey=False).json()["data"]["survey"] is False
    talk.serve()
    body = {"contactId": talk.contact.external_id, "survey": False}
    assert signed_in(ana.user).delete("/api/chat/", body).status_code == 200
    assert not Survey.objects.exists()


def test_a_chat_without_messages_of_persons_asks_nothing(talk):
    talk.customer("oi")
    talk.claim()
    talk.close()
    assert not Survey.objects.exists()


def test_an_answer_typed_on_the_phone_counts_as_a_person_s(talk):
    talk.customer("oi")
    talk.claim()
    builders.make_message(
        talk.chat, direction="out", status="sent", sender="551", auto="phone"
    )
    talk.close()
    assert state(talk) == "asked"


def test_a_contact_is_asked_once_within_the_days(talk, manager):
    talk.serve()
    talk.close()
    talk.customer("obrigada, até")
    talk.claim()
    talk.answer()
    talk.close()
    assert Survey.objects.count() == 1
    pass_time(7 * 86_400)
    talk.serve()
    talk.close()
    assert Survey.objects.count() == 2


def test_with_zero_days_each_chat_is_asked_once(talk, manager):
    builders.save_policy(manager, surveyDays=0)
    talk.serve()
    talk.close()
    talk.reopen(claim=True)
    assert state(talk) == "void"
    talk.answer()
    talk.close()
    assert Survey.objects.count() == 1
    talk.serve()
    talk.close()
    assert list(Survey.objects.order_by("pk").values_list("state", flat=True)) == [
        "void",
        "asked",
    ]


def test_an_empty_question_asks_nothing(talk, manager):
    builders.save_policy(manager, surveyText="")
    talk.serve()
    talk.close()
    assert not Survey.objects.exists()


def test_outside_the_reply_window_nothing_is_asked(talk, manager):
    talk.serve()
    type(manager).objects.filter(pk=manager.pk).update(gateway="whatsapp_cloud")
    old = timezone.now() - timedelta(hours=24)
    Contact.objects.filter(pk=talk.contact.pk).update(last_in_at=old)
    assert talk.close().json()["data"]["survey"] is False
    assert state(talk) == "lost"
    line = ChatEvent.objects.get(kind="survey_lost")
    assert line.detail == {"why": "window"}
    assert talk.said() == []


def test_a_muted_contact_is_not_asked(talk, monkeypatch):
    monkeypatch.setattr("chats.rules.automatic.MOST_AN_HOUR", 0)
    talk.serve()
    talk.close()
    assert state(talk) == "lost"
    assert ChatEvent.objects.get(kind="survey_lost").detail == {"why": "muted"}


def test_a_customer_who_revoked_the_consent_is_not_asked(talk):
    values = {
        "contact": talk.contact,
        "purpose": "survey",
        "how": "chat",
        "by": "user:1",
    }
    Consent.objects.create(**values, revoked_at=timezone.now())
    talk.serve()
    talk.close()
    assert not Survey.objects.exists()
    Consent.objects.create(**values, given_at=timezone.now())
    talk.serve()
    talk.close()
    assert state(talk) == "asked"


def test_idle_closing_asks_nothing(talk, manager):
    builders.save_policy(manager, idleClose=60)
    talk.serve()
    pass_time(65)
    assert ledger()[-1] == ("closed", "idle")
    assert not Survey.objects.exists()
