"""A customer's way through the menu, as the worker leads him."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from areas.menus import publish_menu
from areas.operators import OperatorScope
from chats.conversations.assignment import change_area, claim, hand_over
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat
from chats.models import Chat, ChatEvent, Delivery, MenuState, Message, Task
from chats.rules import automatic, menu, menu_store, tasks
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.conftest import post
from tests.chats.rules.conftest import run_tasks
from tests.menus import MENU, ROOT, SUPPORT

GREETED = f"{{saudacao}}, Maria!\n\n{ROOT}"


@pytest.fixture(autouse=True)
def areas(manager: Any, sales: Any, support: Any) -> Any:
    """Areas with the codes of the menu, and the menu."""
    for area, code in ((sales, "vendas"), (support, "suporte")):
        type(area).objects.filter(pk=area.pk).update(code=code, name=code.title())
        area.refresh_from_db()
    publish(manager)


def publish(manager: Any, **over: Any) -> None:
    publish_menu(manager.pk, MENU | over)
    manager.refresh_from_db()


@pytest.fixture
def maria(manager: Any) -> Any:
    return builders.make_contact(manager, name="Maria Souza")


@pytest.fixture
def says(api: Any, manager: Any) -> Any:
    """Reports messages of a contact, then runs what they schedule.

    Each is answered at leisure: the question has been there for ten seconds.
    """

    def say(contact: Any, *texts: str, soon: bool = False, **over: Any) -> None:
        if not soon:
            age()
        number = int(contact.external_id)
        names = {"contactNumber": number, "managerNumber": manager.number}
        for text in texts:
            body = {**names, "from": number, "content": text, **over}
            assert send(api, **body).status_code == 200
        run_tasks()
        contact.refresh_from_db()

    return say


def age(seconds: int = 10) -> None:
    earlier = F("asked_at") - timedelta(seconds=seconds)
    MenuState.objects.update(asked_at=earlier)


def time_out(manager: Any) -> None:
    """Lets the time for an answer pass."""
    age(1000)
    Task.objects.filter(kind="menu").update(run_at=timezone.now())
    run_tasks()


def said() -> list[str]:
    """Returns what the menu has said, oldest first."""
    found = Message.objects.filter(auto="menu").order_by("pk")
    return [_plain(text) for text in found.values_list("content", flat=True)]


def _plain(text: str) -> str:
    for greeting in ("Bom dia", "Boa tarde", "Boa noite"):
        text = text.replace(greeting, "{saudacao}")
    return text


def ledger() -> list[Any]:
    """Returns the kinds, with what bot lines say."""
    return [
        (line.kind, (line.detail or {}).get("why") or (line.detail or {}).get("step"))
        for line in ChatEvent.objects.order_by("pk")
    ]


def end() -> str:
    """Returns why the menu has ended; nobody is inside and nothing is scheduled."""
    assert not MenuState.objects.exists()
    assert not Task.objects.filter(kind="menu").exists()
    [line] = ChatEvent.objects.filter(kind="bot_ended")
    assert line.actor == "rule:menu"
    return str(line.detail["why"])


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


def test_a_burst_is_asked_once(maria, says):
    says(maria, "oi", "bom dia", "quero comprar", soon=True)
    says(maria, "alguém?", soon=True)
    assert said() == [GREETED]
    assert MenuState.objects.get().tries == 0


def test_what_came_before_the_question_is_no_answer(maria, says):
    says(maria, "oi", "1", soon=True)
    assert MenuState.objects.get().step == "inicio"
    says(maria, "1", soon=True)
    assert end() == "area"


@pytest.mark.parametrize("how", ["area", "opened", "channel", "none", "answered"])
def test_where_it_does_not_begin(how, maria, says, manager, sales, api):
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


def send_of_bot(api: Any, manager: Any, contact: Any, first: str = "") -> None:
    """Stores a message of an outside program, after one of the customer."""
    number = int(contact.external_id)
    names = {"contactNumber": number, "managerNumber": manager.number}
    if first:
        assert send(api, **names, **{"from": number}, content=first).status_code == 200
    own = {"from": str(manager.number), "content": "Olá do robô"}
    assert send(api, **names, **own).status_code == 200


def test_it_begins_again_in_the_area_of_the_last_closing(maria, says, sales):
    says(maria, "oi")
    says(maria, "1")
    close(maria)
    says(maria, "oi de novo")
    assert said()[-1] == GREETED
    assert maria.area == sales  # until he chooses
    says(maria, "1")
    areas = ChatEvent.objects.filter(kind="entered_area", area=sales, cause="menu")
    assert areas.count() == 2


def close(contact: Any) -> None:
    close_chat(contact, actor=Actor("test"))


def test_an_old_message_goes_to_the_fallback_without_a_word(maria, says, support):
    old = timezone.now() - timedelta(hours=2)
    says(maria, "oi", timestamp=int(old.timestamp()))
    assert said() == []
    assert maria.area == support
    assert not MenuState.objects.exists()


# R4: a step ---------------------------------------------------------------------


def test_an_area(maria, says, sales):
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


def test_a_step_and_back(maria, says):
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


def test_a_text_comes_with_the_question_again(maria, says):
    says(maria, "oi")
    says(maria, "horario")
    assert said()[-1] == f"Das 8 às 18.\n\n{ROOT}"


def test_a_person(maria, says, support):
    says(maria, "oi")
    says(maria, "4")
    assert said()[-1] == "Um momento."
    assert maria.area == support
    assert end() == "human"


@pytest.mark.parametrize(
    ("answer", "text", "cause"),
    [("5", "Tudo bem!", "menu"), ("#", "Até logo!", "customer")],
)
def test_closing(answer, text, cause, maria, says):
    says(maria, "oi")
    says(maria, answer)
    assert said()[-1] == text
    assert Chat.objects.get().closed_at is not None
    assert end() == "customer"
    assert ChatEvent.objects.latest("pk").cause == cause
    says(maria, "oi")
    assert said()[-1] == GREETED


def test_wrong_answers_and_then_a_person(maria, says, support):
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


def test_a_right_answer_forgives(maria, says):
    says(maria, "oi")
    says(maria, "quero um bolo")
    says(maria, "3")
    assert MenuState.objects.get().tries == 0


@pytest.mark.parametrize("written", [1, -120])
def test_what_was_written_too_soon_costs_no_try(written, maria, says):
    says(maria, "oi")
    age()
    at = MenuState.objects.get().asked_at + timedelta(seconds=written)
    says(maria, "quero um bolo", soon=True, timestamp=int(at.timestamp()))
    assert len(said()) == 1
    assert MenuState.objects.get().tries == 0
    says(maria, "2", soon=True, timestamp=int(at.timestamp()))
    assert MenuState.objects.get().step == "suporte"


def test_an_area_that_is_closed_says_so(maria, says, manager, sales):
    builders.save_policy(manager, sales, hours={}, awayText="{area} fechou.")
    says(maria, "oi")
    says(maria, "1")
    texts = Message.objects.exclude(auto="").order_by("pk")
    assert list(texts.values_list("content", flat=True))[1:] == [
        "Você vai para Vendas.",
        "Vendas fechou.",
    ]


def test_a_fallback_without_area_waits_for_all(maria, says, manager, sales):
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
    assert _plain(question.text) == "{saudacao}, Maria!\n\nComo podemos ajudar?"
    row = {"id": "m:inicio:1", "title": "Outro título"}
    reply = {"type": "list_reply", "list_reply": row}
    news = cloud.inbound(maria.external_id, type="interactive", interactive=reply)
    assert post(cloud, "/webhooks/whatsapp", news).status_code == 200
    rounds.make()
    maria.refresh_from_db()
    assert maria.area == sales
    answer = Message.objects.filter(direction="in").latest("pk")
    assert answer.details == {"tapped": "m:inicio:1"}
    # Only the rules read it.
    body = {"contactId": maria.external_id, "operatorId": "0", "number": manager.number}
    assert "tapped" not in api.post("/api/chat/message", body).content.decode()


# Nobody answers -----------------------------------------------------------------


def test_the_question_comes_once_more_and_then_the_fallback(
    maria, says, manager, support
):
    says(maria, "oi")
    time_out(manager)
    assert said() == [GREETED, ROOT]
    assert MenuState.objects.get().reminded
    time_out(manager)
    maria.refresh_from_db()
    assert len(said()) == 2
    assert maria.area == support
    assert end() == "timeout"


def test_or_the_chat_is_closed(maria, says, manager):
    publish(manager, onTimeout="close")
    says(maria, "oi")
    time_out(manager)
    time_out(manager)
    assert said()[-1] == "Até logo!"
    assert Chat.objects.get().closed_at is not None
    assert ChatEvent.objects.latest("pk").cause == "idle"
    assert end() == "timeout"


def test_or_he_stays(maria, says, manager):
    publish(manager, onTimeout="stay")
    says(maria, "oi")
    time_out(manager)
    time_out(manager)
    assert len(said()) == 2
    assert not Task.objects.filter(kind="menu").exists()
    says(maria, "1")
    assert end() == "area"


def test_without_a_time_nothing_is_scheduled(maria, says, manager):
    publish(manager, timeout=0)
    says(maria, "oi")
    assert not Task.objects.filter(kind="menu").exists()


def test_an_answer_begins_the_time_anew(maria, says, manager):
    says(maria, "oi")
    time_out(manager)
    says(maria, "2")
    assert not MenuState.objects.get().reminded
    Task.objects.filter(kind="menu").update(run_at=timezone.now())
    run_tasks()  # too early: it is scheduled again
    assert said()[-1] == SUPPORT
    assert Task.objects.get(kind="menu").run_at > timezone.now()


# Somebody else ------------------------------------------------------------------


def test_another_bot_that_writes_sa_goes_on(maria, says, manager):
    says(maria, "oi")
    Contact.objects.filter(pk=maria.pk).update(sa=11)
    says(maria, "1")
    assert len(said()) == 1
    assert maria.sa == 11
    assert end() == "sa"


def test_an_outgoing_message_ends_it(maria, says, manager, api):
    says(maria, "oi")
    send_of_bot(api, manager, maria)
    says(maria, "1")
    assert len(said()) == 1
    assert end() == "taken"


def test_an_area_that_somebody_writes_ends_it_at_once(maria, says, manager, support):
    says(maria, "oi")
    change_area(maria, support.pk, actor=Actor("key:1"))
    run_tasks()
    assert end() == "taken"
    says(maria, "1")
    assert (len(said()), maria.area) == (1, support)


def test_a_claim_ends_it_and_a_release_lets_him_wait(maria, says, manager, sales, ana):
    says(maria, "oi")
    claim(
        maria, OperatorScope(ana.pk, "Ana", frozenset({sales.pk})), actor=Actor("key:1")
    )
    says(maria, "1")
    assert len(said()) == 1
    assert maria.operator == ana
    assert end() == "taken"
    hand_over(maria, None, actor=Actor("key:1"))
    run_tasks()
    maria.refresh_from_db()
    assert maria.operator is None


def test_a_closing_and_a_reopening_leave_nothing_behind(maria, says, manager):
    says(maria, "oi")
    close(maria)
    run_tasks()
    assert not MenuState.objects.exists()


def test_who_is_inside_keeps_his_version(maria, says, manager, sales):
    says(maria, "oi")
    steps = [
        {
            "code": "novo",
            "text": "?",
            "options": [{"key": 1, "title": "x", "do": "human"}],
        }
    ]
    publish(manager, steps=steps)
    says(maria, "2")
    assert said()[-1] == SUPPORT
    says(maria, "1")
    assert end() == "area"


@pytest.mark.parametrize("how", ["none", "channel"])
def test_a_menu_that_was_taken_away_ends_silently(how, maria, says, manager, support):
    says(maria, "oi")
    builders.save_policy(manager, reopen=1)  # some rule acts still
    if how == "none":
        publish_menu(manager.pk, None)
    else:
        publish(manager, channels=["facebook"])
    says(maria, "1")
    assert len(said()) == 1
    assert maria.area == support
    assert end() == "edited"


# Loops and kills ----------------------------------------------------------------


def test_two_programs_are_not_kept_apart_for_ever(maria, says, manager, support):
    publish(manager, retries=10)
    for _ in range(automatic.MOST_AN_HOUR + 3):
        says(maria, "3")
    assert len(said()) == automatic.MOST_AN_HOUR
    assert maria.area == support
    assert end() == "human"
    assert ledger().count(("muted", None)) == 1


@pytest.mark.parametrize("cut", ["_SET_SA", "say", "state", "timer"])
def test_a_step_is_done_whole_or_not_at_all(cut, maria, says, monkeypatch, manager):
    """Killed between any two of its writes, it is done again, and once."""
    says(maria, "oi")
    kept = MenuState.objects.values().get()
    places = {
        "_SET_SA": (menu_store, "set_sa"),
        "say": (menu, "say_filled"),
        "state": (menu, "record_rule"),
        "timer": (menu, "_set_timer"),
    }
    place, name = places[cut]
    with monkeypatch.context() as patch:
        whole = getattr(place, name)

        def die(*args: Any, **more: Any) -> Any:
            whole(*args, **more)
            raise SystemExit

        patch.setattr(place, name, die)
        age()
        tasks_before = Task.objects.filter(kind="menu").values().get()
        record_message(maria, "2")
        [task] = [t for t in tasks.lease(10) if t.kind == "inbound"]
        with pytest.raises(SystemExit):
            tasks.run(task, HANDLERS)
    state = MenuState.objects.values().get()
    assert (state["step"], state["asked_message_id"]) == (
        "inicio",
        kept["asked_message_id"],
    )
    assert Task.objects.filter(kind="menu").values().get() == tasks_before
    assert len(said()) == 1
    Task.objects.filter(kind="inbound").update(lease_until=None)
    run_tasks()
    assert said() == [GREETED, SUPPORT]
    assert not Task.objects.filter(kind="inbound").exists()


def record_message(contact: Any, text: str) -> None:
    """Stores a message of the customer and schedules its task."""
    chat = Chat.objects.get(contact=contact, closed_at=None)
    builders.make_message(chat, content=text)
    tasks.schedule("inbound", contact.manager_id, contact_id=contact.pk)


def test_nothing_is_asked_while_rules_are_off(maria, says, manager):
    publish_menu(manager.pk, None)
    with connection.execute_wrapper(_no_menu):
        says(maria, "oi")
    assert not Task.objects.exists()


def _no_menu(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    assert "areas_menu" not in sql
    return execute(sql, params, many, context)
