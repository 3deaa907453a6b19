"""Customers who do not answer are warned, and then their chats are closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from areas.models import OperatorArea
from chats.conversations.assignment import change_area
from chats.conversations.audit import Actor
from chats.models import Chat, ChatEvent, Task
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.closing import Conversation, idle_task, ledger, pass_time
from tests.chats.rules.running import run_tasks

WARN, CLOSE = 600, 300


@pytest.fixture
def talk(api, manager, ana, sales):
    return Conversation(api, manager, ana, sales)


@pytest.fixture
def policy(manager):
    builders.save_policy(
        manager,
        idleWarn=WARN,
        idleWarnText="Ainda está aí, {nome}?",
        idleClose=CLOSE,
        idleText="Encerramos por falta de resposta.",
    )


def test_a_customer_is_warned_and_then_his_chat_closed(talk, policy, ana):
    talk.serve()
    pass_time(WARN - 5)
    assert talk.said() == []
    pass_time(10)
    assert talk.said() == [("idle", "Ainda está aí, Maria?")]
    pass_time(CLOSE - 5)
    assert talk.chat.closed_at is None
    pass_time(10)
    assert talk.said()[1:] == [("idle", "Encerramos por falta de resposta.")]
    chat = talk.chat
    assert chat.closed_at is not None
    assert chat.last_operator == ana
    talk.contact.refresh_from_db()
    assert talk.contact.operator is None
    kinds = ledger(chat)[-2:]
    assert kinds == [("warned", ""), ("closed", "idle")]
    assert ChatEvent.objects.latest("pk").actor == "rule:idle"
    assert idle_task() is None


def test_the_task_runs_no_more_often_than_needed(talk, policy):
    talk.serve()
    first = idle_task()
    talk.answer("Alô?")
    # Another message schedules nothing; the task checks again when due.
    assert idle_task() == first
    talk.customer("espera")
    talk.answer("Claro")
    pass_time(WARN - 1)
    assert talk.said() == []


def test_without_such_rules_nothing_is_scheduled(talk, manager):
    talk.serve()
    assert not Task.objects.filter(kind="idle").exists()
    builders.save_policy(manager, closingText="Até logo!")
    talk.answer()
    assert not Task.objects.filter(kind="idle").exists()


def test_the_area_s_rules_take_precedence(talk, policy, manager, sales):
    builders.save_policy(manager, sales, idleWarn=0, idleClose=0)
    talk.serve()
    assert idle_task() is None


def test_a_chat_is_closed_without_a_warning(talk, manager):
    builders.save_policy(manager, idleClose=CLOSE)
    talk.serve()
    pass_time(CLOSE + 5)
    assert talk.said() == []
    assert ledger()[-1] == ("closed", "idle")


def test_a_customer_can_be_only_warned(talk, manager):
    builders.save_policy(manager, idleWarn=WARN, idleWarnText="Ainda está aí?")
    talk.serve()
    pass_time(WARN + 5)
    pass_time(86_400)
    assert talk.said() == [("idle", "Ainda está aí?")]
    assert talk.chat.closed_at is None


def test_the_customer_s_answer_cancels_the_closing(talk, policy):
    talk.serve()
    pass_time(WARN + 5)
    talk.customer("estou aqui")
    pass_time(CLOSE + 5)
    assert talk.chat.closed_at is None
    # The operator's next message starts the time again.
    talk.answer("Que bom")
    pass_time(WARN - 5)
    assert len(talk.said()) == 1
    pass_time(10)
    assert len(talk.said()) == 2


def test_a_chat_whose_customer_waits_is_not_closed(talk, policy):
    talk.customer("oi")
    talk.claim()
    pass_time(WARN + CLOSE + 5)
    assert talk.said() == []
    assert talk.chat.closed_at is None


def test_an_unassigned_chat_is_not_closed(talk, policy, ana):
    talk.serve()
    Contact.objects.filter(pk=talk.contact.pk).update(operator=None)
    pass_time(WARN + 5)
    assert talk.said() == []
    assert idle_task() is not None
    # A claim starts the time again.
    talk.claim()
    pass_time(WARN - 5)
    assert talk.said() == []
    pass_time(10)
    assert len(talk.said()) == 1


def test_a_chat_without_messages_is_not_closed(talk, policy):
    body = {"contactNumber": talk.contact.external_id}
    assert talk.api.post("/api/chat/new", body).status_code == 200
    talk.claim()
    pass_time(WARN + CLOSE + 5)
    assert talk.chat.closed_at is None


def test_messages_of_bots_do_not_count(talk, policy, manager):
    talk.serve()
    talk.customer("obrigada")
    names = {
        "contactNumber": int(talk.contact.external_id),
        "managerNumber": manager.number,
    }
    assert send(talk.api, **names, **{"from": manager.number}).status_code == 200
    pass_time(WARN + CLOSE + 5)
    assert talk.said() == []


def test_messages_typed_on_the_phone_count(talk, policy, manager, ana):
    talk.customer("oi")
    talk.claim()
    names = {
        "contactNumber": int(talk.contact.external_id),
        "managerNumber": manager.number,
    }
    assert send(talk.api, **names, **{"from": str(ana.pk)}).status_code == 200
    assert idle_task() is not None
    pass_time(WARN + 5)
    assert len(talk.said()) == 1


def test_only_while_the_area_is_open(talk, policy, manager, sales):
    talk.serve()
    builders.save_policy(manager, sales, hours={})
    pass_time(WARN + 5)
    assert talk.said() == []
    assert idle_task() is None  # it never opens
    # New hours check the chats at once.
    builders.save_policy(manager, sales, hours="always")
    run_tasks()
    assert len(talk.said()) == 1


def test_it_waits_for_the_opening(talk, policy, manager, sales):
    talk.serve()
    opens = timezone.localtime(timezone.now() + timedelta(days=2))
    day = opens.strftime("%a").lower()
    builders.save_policy(manager, sales, hours={day: ["08:00-18:00"]})
    pass_time(WARN + 5)
    at = idle_task()
    assert at is not None
    assert at > timezone.now() + timedelta(hours=12)


def test_new_rules_apply_to_open_chats(talk, manager):
    talk.serve()
    pass_time(WARN + 5)
    builders.save_policy(manager, idleWarn=WARN, idleWarnText="Ainda está aí?")
    run_tasks()
    assert talk.said() == [("idle", "Ainda está aí?")]


def test_a_handover_starts_the_time_again(talk, policy, manager, sales):
    caio = builders.make_operator(manager, sales, name="Caio")
    talk.serve()
    pass_time(WARN - 5)
    body = {"contactId": talk.contact.external_id, "operatorId": str(caio.pk)}
    assert talk.api.put("/api/chat/operator", body).status_code == 200
    pass_time(10)
    assert talk.said() == []
    pass_time(WARN)
    assert len(talk.said()) == 1


def test_an_area_with_a_shorter_time_closes_sooner(talk, policy, manager, support):
    builders.save_policy(manager, support, idleWarn=0, idleClose=60)
    talk.serve()
    OperatorArea.objects.create(manager=manager, operator=talk.operator, area=support)
    change_area(talk.contact, support.pk, actor=Actor("key:1"))
    pass_time(50)
    assert talk.chat.closed_at is None
    pass_time(15)
    assert ledger()[-1] == ("closed", "idle")


def test_reopening_starts_the_time_again(talk, policy):
    talk.serve()
    talk.close()
    pass_time(WARN + CLOSE + 5)
    talk.reopen(claim=True)
    assert talk.chat.closed_at is None
    pass_time(WARN - 5)
    assert talk.said() == []
    pass_time(10)
    assert len(talk.said()) == 1


def test_a_chat_is_closed_even_if_no_text_may_be_sent(talk, policy, manager):
    talk.serve()
    type(manager).objects.filter(pk=manager.pk).update(gateway="whatsapp_cloud")
    Contact.objects.update(last_in_at=F("last_in_at") - timedelta(hours=25))
    pass_time(WARN + 5)
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.detail) == ("warned", {"said": False})
    pass_time(CLOSE + 5)
    assert talk.said() == []
    assert [kind for kind, _ in ledger()].count("unsaid") == 2
    assert ledger()[-1] == ("closed", "idle")


def test_a_closed_chat_needs_no_task(talk, policy):
    talk.serve()
    talk.close()
    pass_time(WARN + 5)
    assert idle_task() is None
    assert Chat.objects.count() == 1
    assert talk.said() == []
