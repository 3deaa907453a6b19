"""A customer's steps through the menu, with the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from areas.rules.menus import publish_menu
from chats.models import Chat, ChatEvent, Delivery, MenuState, Message
from contacts.models import Contact
from tests import builders
from tests.chats.conftest import post
from tests.chats.rules.conftest import age, publish
from tests.chats.rules.in_menu import (
    close,
    end,
    ledger,
    plain,
    said,
    send_of_bot,
)
from tests.chats.rules.running import run_tasks
from tests.menus import ROOT, SUPPORT

# In areas with the codes of the menu.
pytestmark = pytest.mark.usefixtures("menu_areas")


GREETED = f"{{saudacao}}, Maria!\n\n{ROOT}"


# R6: it begins ------------------------------------------------------------------


def test_the_customer_s_first_message_begins_it(maria, says):
    says(maria, "oi")
    assert said() == [GREETED]
    message = Message.objects.get(auto="menu")
    assert (message.direction, message.sender, message.status) == ("out", "0", "wait")
    assert Delivery.objects.get(message=message).choices is None
    state = MenuState.objects.get()
    assert (state.step, state.path, state.tries, state.sa) == ("inicio", [], 0, 10)
    assert state.asked_message == message
    assert maria.sa == 10
    assert ledger() == [("opened", None), ("bot_step", "inicio")]
    assert ChatEvent.objects.latest("pk").sa == 10


def test_several_messages_at_once_get_one_question(maria, says):
    says(maria, "oi", "bom dia", "quero comprar", soon=True)
    says(maria, "alguém?", soon=True)
    assert said() == [GREETED]
    assert MenuState.objects.get().tries == 0


def test_messages_before_the_question_are_not_answers(maria, says):
    says(maria, "oi", "1", soon=True)
    assert MenuState.objects.get().step == "inicio"
    says(maria, "1", soon=True)
    assert end() == "area"


@pytest.mark.parametrize("how", ["area", "opened", "channel", "none", "answered"])
def test_when_the_menu_does_not_start(how, maria, says, manager, sales, api):
    if how == "area":
        Contact.objects.filter(pk=maria.pk).update(area=sales)
    if how == "opened":
        builders.make_chat(maria)
    if how == "channel":
        publish(manager, channels=["facebook"])
    if how == "none":
        publish_menu(manager.pk, None)
    if how == "answered":
        send_of_bot(api, manager, maria, first="oi")
        run_tasks()
    else:
        says(maria, "oi")
    assert said() == []
    assert not MenuState.objects.exists()


def test_it_starts_again_in_the_area_of_the_last_chat(maria, says, sales):
    says(maria, "oi")
    says(maria, "1")
    close(maria)
    says(maria, "oi de novo")
    assert said()[-1] == GREETED
    assert maria.area == sales  # until he chooses
    says(maria, "1")
    areas = ChatEvent.objects.filter(kind="entered_area", area=sales, cause="menu")
    assert areas.count() == 2


def test_an_old_message_leads_to_the_fallback_without_a_text(maria, says, support):
    old = timezone.now() - timedelta(hours=2)
    says(maria, "oi", timestamp=int(old.timestamp()))
    assert said() == []
    assert maria.area == support
    assert not MenuState.objects.exists()


# R4: a step ---------------------------------------------------------------------


def test_an_option_of_an_area(maria, says, sales):
    says(maria, "oi")
    opened = maria.waiting_since
    says(maria, "1")
    assert said()[1:] == ["Você vai para Vendas."]
    assert maria.area == sales
    assert maria.sa == 10
    assert maria.waiting_since > opened
    assert abs(maria.queued_at - maria.waiting_since) < timedelta(seconds=1)
    assert end() == "area"
    entered = ChatEvent.objects.get(kind="entered_area")
    assert (entered.cause, entered.actor) == ("menu", "rule:menu")
    assert ledger()[2:] == [("entered_area", None), ("bot_ended", "area")]


def test_an_option_of_a_step_and_going_back(maria, says):
    says(maria, "oi")
    says(maria, "suporte")
    assert said()[-1] == SUPPORT
    assert maria.sa == 20
    assert MenuState.objects.get().path == ["inicio"]
    says(maria, "0")
    assert said()[-1] == ROOT
    assert (maria.sa, MenuState.objects.get().path) == (10, [])
    details = ChatEvent.objects.filter(kind="bot_step").order_by("pk")
    assert list(details.values_list("detail", flat=True)) == [
        {"step": "inicio", "option": None},
        {"step": "suporte", "option": 2},
        {"step": "inicio", "option": 0},
    ]


def test_an_option_of_a_text_repeats_the_question(maria, says):
    says(maria, "oi")
    says(maria, "horario")
    assert said()[-1] == f"Das 8 às 18.\n\n{ROOT}"


def test_an_option_of_a_person(maria, says, support):
    says(maria, "oi")
    says(maria, "4")
    assert said()[-1] == "Um momento."
    assert maria.area == support
    assert end() == "human"


@pytest.mark.parametrize(
    ("answer", "text", "cause"),
    [("5", "Tudo bem!", "menu"), ("#", "Até logo!", "customer")],
)
def test_an_option_that_closes_the_chat(answer, text, cause, maria, says):
    says(maria, "oi")
    says(maria, answer)
    assert said()[-1] == text
    assert Chat.objects.get().closed_at is not None
    assert end() == "customer"
    assert ChatEvent.objects.latest("pk").cause == cause
    says(maria, "oi")
    assert said()[-1] == GREETED


def test_too_many_wrong_answers_lead_to_the_fallback(maria, says, support):
    says(maria, "oi")
    says(maria, "quero um bolo")
    assert said()[-1] == f"Não entendi.\n\n{ROOT}"
    says(maria, "Arquivo", type="image", url="https://example.com/a.png")
    assert said()[-1] == f"Só texto, por favor.\n\n{ROOT}"
    assert MenuState.objects.get().tries == 2
    says(maria, "um bolo!")
    assert len(said()) == 3
    assert maria.area == support
    assert end() == "retries"


def test_a_right_answer_resets_the_count_of_wrong_ones(maria, says):
    says(maria, "oi")
    says(maria, "quero um bolo")
    says(maria, "3")
    assert MenuState.objects.get().tries == 0


@pytest.mark.parametrize("written", [1, -120])
def test_messages_right_after_the_question_are_not_wrong_answers(written, maria, says):
    says(maria, "oi")
    age()
    at = MenuState.objects.get().asked_at + timedelta(seconds=written)
    says(maria, "quero um bolo", soon=True, timestamp=int(at.timestamp()))
    assert len(said()) == 1
    assert MenuState.objects.get().tries == 0
    says(maria, "2", soon=True, timestamp=int(at.timestamp()))
    assert MenuState.objects.get().step == "suporte"


def test_a_closed_area_sends_its_text(maria, says, manager, sales):
    builders.save_policy(manager, sales, hours={}, awayText="{area} fechou.")
    says(maria, "oi")
    says(maria, "1")
    texts = Message.objects.exclude(auto="").order_by("pk")
    assert list(texts.values_list("content", flat=True))[1:] == [
        "Você vai para Vendas.",
        "Vendas fechou.",
    ]


def test_a_fallback_without_area_queues_for_everybody(maria, says, manager, sales):
    Contact.objects.filter(pk=maria.pk).update(area=sales)
    says(maria, "oi")
    close(maria)
    publish(manager, fallback=None)
    says(maria, "oi")
    says(maria, "4")
    assert maria.area is None
    assert maria.queued_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_tapped_choice(maria, says, cloud, rounds, api, manager, sales):
    cloud.people[maria.external_id] = timezone.now()
    says(maria, "oi")
    rounds.make()
    [question] = cloud.delivered
    assert question.shown_as == "list"
    assert question.choices[0] == ("m:inicio:1", "Vendas")
    assert plain(question.text) == "{saudacao}, Maria!\n\nComo podemos ajudar?"
    row = {"id": "m:inicio:1", "title": "Outro título"}
    reply = {"type": "list_reply", "list_reply": row}
    events = cloud.inbound(maria.external_id, type="interactive", interactive=reply)
    assert post(cloud, "/webhooks/whatsapp", events).status_code == 200
    rounds.make()
    maria.refresh_from_db()
    assert maria.area == sales
    answer = Message.objects.filter(direction="in").latest("pk")
    assert answer.details == {"tapped": "m:inicio:1"}
    # Only the rules use it.
    body = {"contactId": maria.external_id, "operatorId": "0", "number": manager.number}
    shown = api.post("/api/chat/message", body).json()["data"]
    assert "Outro título" in str(shown)
    assert "tapped" not in str(shown)
