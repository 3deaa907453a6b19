"""Ends of the menu: no answer, or somebody takes over."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from areas.operators import OperatorScope
from areas.rules.menus import publish_menu
from chats.conversations.assignment import change_area, claim, hand_over
from chats.conversations.audit import Actor
from chats.models import Chat, ChatEvent, MenuState, Task
from chats.rules import automatic, menu, menu_store, tasks
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders
from tests.chats.rules.conftest import age, publish
from tests.chats.rules.in_menu import (
    close,
    end,
    ledger,
    said,
    send_of_bot,
    time_out,
)
from tests.chats.rules.running import run_tasks
from tests.menus import ROOT, SUPPORT

# In areas with the codes of the menu.
pytestmark = pytest.mark.usefixtures("menu_areas")


GREETED = f"{{saudacao}}, Maria!\n\n{ROOT}"


# No answer


def test_without_an_answer_the_question_is_repeated_and_then_the_fallback(
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


def test_without_an_answer_the_chat_can_be_closed(maria, says, manager):
    publish(manager, onTimeout="close")
    says(maria, "oi")
    time_out(manager)
    time_out(manager)
    assert said()[-1] == "Até logo!"
    assert Chat.objects.get().closed_at is not None
    assert ChatEvent.objects.latest("pk").cause == "idle"
    assert end() == "timeout"


def test_without_an_answer_the_customer_can_stay_in_the_menu(maria, says, manager):
    publish(manager, onTimeout="stay")
    says(maria, "oi")
    time_out(manager)
    time_out(manager)
    assert len(said()) == 2
    assert not Task.objects.filter(kind="menu").exists()
    says(maria, "1")
    assert end() == "area"


def test_without_a_timeout_nothing_is_scheduled(maria, says, manager):
    publish(manager, timeout=0)
    says(maria, "oi")
    assert not Task.objects.filter(kind="menu").exists()


def test_an_answer_restarts_the_timeout(maria, says, manager):
    says(maria, "oi")
    time_out(manager)
    says(maria, "2")
    assert not MenuState.objects.get().reminded
    Task.objects.filter(kind="menu").update(run_at=timezone.now())
    run_tasks()  # too early: it is scheduled again
    assert said()[-1] == SUPPORT
    assert Task.objects.get(kind="menu").run_at > timezone.now()


# Taking over


def test_another_bot_that_changes_sa_ends_it(maria, says, manager):
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


def test_setting_an_area_ends_it_at_once(maria, says, manager, support):
    says(maria, "oi")
    change_area(maria, support.pk, actor=Actor("key:1"))
    run_tasks()
    assert end() == "taken"
    says(maria, "1")
    assert (len(said()), maria.area) == (1, support)


def test_a_claim_ends_it_and_a_release_queues_the_customer(
    maria, says, manager, sales, ana
):
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


def test_closing_and_reopening_end_it(maria, says, manager):
    says(maria, "oi")
    close(maria)
    run_tasks()
    assert not MenuState.objects.exists()


def test_a_customer_in_the_menu_keeps_its_version(maria, says, manager, sales):
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
def test_disabling_the_menu_ends_it_without_a_text(how, maria, says, manager, support):
    says(maria, "oi")
    if how == "none":
        publish_menu(manager.pk, None)
    else:
        publish(manager, channels=["facebook"])
    says(maria, "1")
    assert len(said()) == 1
    assert maria.area == support
    assert end() == "edited"


def test_without_menu_and_customers_in_it_has_automation_is_false(maria, says, manager):
    jose = builders.make_contact(manager)
    says(maria, "oi")
    says(jose, "oi")
    publish_menu(manager.pk, None)
    says(maria, "1")
    manager.refresh_from_db()
    assert manager.has_automation
    says(jose, "1")
    manager.refresh_from_db()
    assert not manager.has_automation
    says(maria, "?")
    assert not Task.objects.filter(kind="inbound").exists()


# Loops and crashes


def test_a_loop_between_two_programs_ends(maria, says, manager, support):
    publish(manager, retries=10)
    for _ in range(automatic.MOST_AN_HOUR + 3):
        says(maria, "3")
    assert len(said()) == automatic.MOST_AN_HOUR
    assert maria.area == support
    assert end() == "human"
    assert ledger().count(("muted", None)) == 1


@pytest.mark.parametrize("cut", ["_SET_SA", "say", "state", "timer"])
def test_a_step_is_atomic(cut, maria, says, monkeypatch, manager):
    """Killed between any two of its writes, it is repeated completely, once."""
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
