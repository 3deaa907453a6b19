"""POST api/chat/history: a contact's chats and their ledger."""

from __future__ import annotations

from typing import get_args

import pytest

from areas.models import ClosingReason, TransferReason
from chats.inbox.event_text import EventFacts, event_text
from chats.models import ChatEvent, Survey
from chats.rules.menu_answers import Why
from tests import builders
from tests.chats.inbox.rows import at
from tests.conftest import signed_in
from tests.contract.shapes import refused


def history(api, contact, **fields):
    body = {"operatorId": "0", "contactId": contact.external_id}
    headers = fields.pop("headers", None)
    answer = api.post("/api/chat/history", body | fields, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def line(chat, kind, **over):
    return ChatEvent.objects.create(
        **{"manager_id": chat.manager_id, "chat": chat, "kind": kind, "at": at(0)}
        | over
    )


def test_sessions_have_the_outcome_of_each_chat(api, contact, ana, sales, support):
    first = builders.make_chat(
        contact, opened_at=at(0), closed_at=at(9), reason="sold", last_operator=ana
    )
    line(first, "closed", area=support, cause="resolved")
    Survey.objects.create(
        chat=first, contact=contact, state="rated", asked_at=at(9), rating=4,
        answered_at=at(10),
    )  # fmt: skip
    contact.operator = ana
    contact.save()
    second = builders.make_chat(contact, opened_at=at(20))
    found = history(api, contact)["sessions"]
    assert found == [
        {
            "protocol": first.protocol,
            "openedAt": "2026-11-20T12:00:00.000Z",
            "closedAt": "2026-11-20T12:09:00.000Z",
            "area": "suporte",
            "operatorId": str(ana.pk),
            "cause": "resolved",
            "reason": "sold",
            "rating": 4,
        },
        {
            "protocol": second.protocol,
            "openedAt": "2026-11-20T12:20:00.000Z",
            "closedAt": None,
            "area": "vendas",
            "operatorId": str(ana.pk),
            "cause": "",
            "reason": "",
            "rating": None,
        },
    ]
    only = history(api, contact, protocol=first.protocol)
    assert only["sessions"] == found[:1]
    assert {event["protocol"] for event in only["events"]} == {first.protocol}


def test_events_are_sentences_with_the_managers_time(
    api, manager, contact, ana, support
):
    TransferReason.objects.create(manager=manager, code="copy", name="2ª via")
    chat = builders.make_chat(contact)
    moved = line(
        chat, "entered_area", area=support, acting_operator=ana, actor="key:1",
        detail={"reason": "copy"},
    )  # fmt: skip
    (event,) = history(api, contact)["events"]
    assert event == {
        "id": moved.pk,
        "at": "2026-11-20T12:00:00.000Z",
        "kind": "entered_area",
        "protocol": chat.protocol,
        "area": "suporte",
        "operatorId": "0",
        "by": "Ana",
        "cause": "",
        "text": "Ana transferred to Suporte: 2ª via (09:00)",
        "detail": {"reason": "copy"},
    }
    portuguese = {"Accept-Language": "pt-BR"}
    (event,) = history(api, contact, headers=portuguese)["events"]
    assert event["text"] == "Ana transferiu para Suporte: 2ª via (09:00)"


def test_the_history_names_who_closed_the_chat(api, manager, contact, supervisor):
    ClosingReason.objects.create(manager=manager, code="sold", name="Vendido")
    supervisor.first_name = "Sônia"
    supervisor.save()
    chat = builders.make_chat(contact, closed_at=at(1), reason="sold")
    line(chat, "closed", actor=f"user:{supervisor.pk}", cause="resolved")
    (event,) = history(api, contact)["events"]
    assert event["by"] == "Sônia"
    assert event["text"] == "Sônia closed the chat: Vendido (09:00)"


@pytest.mark.parametrize("kind", ChatEvent.Kind.values)
def test_every_kind_and_cause_has_a_sentence(kind):
    for cause in ("", *ChatEvent.Cause.values):
        for who in ("", "Ana"):
            for place in ("", "Suporte 100%"):
                facts = EventFacts(kind, cause, who, operator=who, area=place)
                text = event_text(facts)
                assert text
                assert "%(" not in text


def test_pages_of_events(api, contact):
    chat = builders.make_chat(contact)
    ids = [line(chat, "claimed").pk for _ in range(5)]
    newest = history(api, contact, limit=2)["events"]
    assert [event["id"] for event in newest] == ids[3:]
    older = history(api, contact, limit=2, before=ids[3])["events"]
    assert [event["id"] for event in older] == ids[1:3]


def test_the_contact_must_be_visible(api, contact, bruno):
    builders.make_chat(contact)
    body = {"operatorId": str(bruno.pk), "contactId": contact.external_id}
    refused(api.post("/api/chat/history", body), 404, "chat_not_found")
    person = signed_in(bruno.user)
    refused(person.post("/api/chat/history", body), 404, "chat_not_found")
    unknown = body | {"operatorId": "0", "protocol": "BR0"}
    refused(api.post("/api/chat/history", unknown), 404, "chat_not_found")


@pytest.mark.parametrize(
    ("kind", "cause", "detail", "english", "portuguese"),
    [
        ("bot_step", "", {"step": "inicio", "option": None},
         "Menu question: inicio", "Pergunta do menu: inicio"),
        ("bot_step", "", {"step": "pedido", "option": 2},
         "Answer 2 in the menu, next question: pedido",
         "Resposta 2 no menu, próxima pergunta: pedido"),
        ("bot_ended", "", {"why": "retries"}, "Menu ended: too many wrong answers",
         "Menu encerrado: respostas erradas demais"),
        ("bot_ended", "", {"why": "timeout"}, "Menu ended: the customer did not answer",
         "Menu encerrado: o cliente não respondeu"),
        ("bot_ended", "", None, "Menu ended", "Menu encerrado"),
        ("entered_area", "menu", None, "Entered Suporte from the menu",
         "Entrou em Suporte pelo menu"),
        ("assigned", "last", None, "Assigned to Ana: served the customer last",
         "Atribuído a Ana: foi quem atendeu o cliente da última vez"),
        ("warned", "", {"said": False}, "The customer was idle; no warning was sent",
         "O cliente ficou inativo; nenhum aviso foi enviado"),
        ("survey_lost", "", {"why": "muted"},
         "Survey not sent: automatic messages are stopped",
         "Pesquisa não enviada: as mensagens automáticas estão suspensas"),
        ("unsaid", "", {"auto": "away"},
         "Automatic message not sent: the time for an answer was over",
         "Mensagem automática não enviada: o prazo para responder tinha acabado"),
        ("rated", "", {"rating": 4}, "The customer gave the mark 4",
         "O cliente deu a nota 4"),
    ],
)  # fmt: skip
def test_a_line_of_a_rule_says_why(
    api, contact, ana, support, kind, cause, detail, english, portuguese
):
    chat = builders.make_chat(contact)
    actor = "rule:any"
    line(
        chat, kind, cause=cause, detail=detail, actor=actor, area=support, operator=ana
    )
    for language, text in (("en", english), ("pt-BR", portuguese)):
        headers = {"Accept-Language": language}
        (event,) = history(api, contact, headers=headers)["events"]
        assert event["text"] == f"{text} (09:00)"


@pytest.mark.parametrize("why", get_args(Why))
def test_every_end_of_the_menu_has_a_reason(why):
    facts = EventFacts("bot_ended", detail={"why": why})
    assert event_text(facts) != event_text(EventFacts("bot_ended"))
