"""Service level clocks: what starts, meets and voids them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from areas.rules.menus import publish_menu
from chats.conversations.assignment import delete_contact
from chats.models import Chat, ChatEvent, Clock, Message, Task
from chats.rules.clock_checks import wrong_clocks
from tests import builders
from tests.chats.rules.living import BOT, TARGETS, Life, running, states
from tests.chats.rules.running import run_tasks
from tests.menus import MENU


def line(kind: str) -> ChatEvent:
    return ChatEvent.objects.filter(kind=kind).latest("pk")


def test_a_customer_opens_a_chat_in_his_area(life, sales):
    life.writes()
    run_tasks()
    found = running()
    assert set(found) == {"queue", "first", "resolution"}
    opened, message = line("opened"), Message.objects.get()
    assert found["queue"].started_at == opened.at
    assert found["resolution"].started_at == opened.at
    assert found["first"].started_at == message.stored_at
    for kind, target in (("queue", 300), ("first", 600), ("resolution", 3600)):
        clock = found[kind]
        assert (clock.area_id, clock.schedule_id) == (sales.pk, opened.schedule_id)
        assert clock.target == target
        assert clock.due_at == clock.started_at + timedelta(seconds=target)
        assert clock.risk_at == clock.started_at + timedelta(seconds=target * 0.8)


def test_a_claim_meets_the_queue_clock_and_an_answer_the_others(life, ana):
    life.writes()
    run_tasks()
    life.claimed(ana)
    assert set(running()) == {"first", "resolution"}
    assert Clock.objects.get(kind="queue").met_at == line("claimed").at
    life.answered(ana)
    assert set(running()) == {"resolution"}
    answer = Message.objects.latest("pk")
    assert Clock.objects.get(kind="first").met_at == answer.stored_at
    life.closed()
    assert Clock.objects.get(kind="resolution").met_at == line("closed").at
    before = states()
    run_tasks()
    assert states() == before


def test_a_message_after_an_answer_starts_a_reply_clock(life, ana):
    life.writes()
    run_tasks()
    life.claimed(ana)
    life.answered(ana)
    life.writes("e quanto custa?")
    asked = Message.objects.latest("pk")
    life.writes("?")
    run_tasks()
    reply = running()["reply"]
    assert (reply.started_at, reply.target) == (asked.stored_at, 900)
    life.phone_writes()
    assert "reply" not in running()
    assert Clock.objects.get(kind="reply").met_at is not None


def test_messages_of_programs_are_not_answers(life):
    life.writes()
    run_tasks()
    life.bot_writes()
    assert set(running()) == {"queue", "first", "resolution"}


def test_the_result_does_not_depend_on_when_the_task_runs(life, ana):
    life.writes()
    life.claimed(ana)
    life.answered(ana)
    life.writes("obrigado")
    life.closed()
    assert states() == []
    run_tasks()
    assert states() == [
        ("queue", "met"),
        ("resolution", "met"),
        ("first", "met"),
        ("reply", "void"),
    ]
    assert Clock.objects.get(kind="reply").void_at == line("closed").at
    assert Clock.objects.get(kind="queue").started_at == line("opened").at


def test_the_task_waits_until_the_rules_processed_a_message(life):
    life.writes()
    Task.objects.filter(kind="inbound").update(run_at=timezone.now() + timedelta(1))
    run_tasks()
    assert running() == {}
    assert Task.objects.get(kind="clock").run_at > timezone.now()
    # Failing rules do not block it.
    Task.objects.filter(kind="inbound").update(failures=1)
    Task.objects.filter(kind="clock").update(run_at=timezone.now())
    run_tasks()
    assert set(running()) == {"queue", "first", "resolution"}


def test_a_transfer_only_changes_the_queue_clock(life, support, ana):
    builders.save_policy(life.manager, support, slaQueue=60, slaReply=7)
    life.writes()
    run_tasks()
    before = running()
    life.moved(support)
    assert "queue" not in running()
    run_tasks()
    after = running()
    # No operator had it: the choice of an area ends the bot's part, so all clocks start
    # there.
    assert after["queue"].target == 60
    assert after["first"].started_at == line("entered_area").at
    life.given(ana)
    run_tasks()
    life.moved(Chat.objects.get().manager.areas.get(code="vendas"))
    run_tasks()
    assert running()["first"].pk == after["first"].pk
    assert running()["resolution"].pk == after["resolution"].pk
    assert before["queue"].pk != after["queue"].pk


def test_a_transfer_after_a_claim(life, support, ana):
    builders.save_policy(life.manager, support, slaQueue=60, slaFirst=7)
    life.writes()
    run_tasks()
    life.claimed(ana)
    run_tasks()
    before = running()
    life.moved(support)
    run_tasks()
    after = running()
    assert set(after) == {"queue", "first", "resolution"}
    assert (after["first"], after["resolution"]) == (
        before["first"],
        before["resolution"],
    )
    assert after["queue"].target == 60
    assert after["queue"].started_at == line("entered_area").at


def test_a_release_inside_the_area_starts_no_queue_clock(life, ana):
    life.writes()
    run_tasks()
    life.claimed(ana)
    life.given(None)
    run_tasks()
    assert set(running()) == {"first", "resolution"}


def test_a_chat_opened_by_an_operator_has_no_first_answer_clock(life, ana):
    life.answered(ana)
    run_tasks()
    assert set(running()) == {"queue", "resolution"}
    life.writes()
    run_tasks()
    assert set(running()) == {"queue", "resolution", "reply"}


def test_no_queue_clock_runs_while_a_bot_has_the_customer(newcomer, sales):
    newcomer.writes()
    run_tasks()
    assert running() == {}
    newcomer.bot_writes()
    newcomer.moved(sales)
    run_tasks()
    found, entered = running(), line("entered_area")
    assert found["queue"].started_at == found["first"].started_at == entered.at
    assert found["resolution"].started_at == line("opened").at
    assert found["resolution"].area_id == sales.pk


def test_a_manager_without_areas_has_a_queue_clock(api, other_manager):
    builders.save_policy(other_manager, **TARGETS)
    key = builders.make_key(other_manager)
    life = Life(type(api)(key), other_manager)
    life.writes()
    run_tasks()
    assert set(running()) == {"queue", "first", "resolution"}
    assert running()["queue"].area_id is None


def test_no_clock_runs_in_the_menu(api, manager, sales, support, targets, ana):
    for area, code in ((sales, "vendas"), (support, "suporte")):
        type(area).objects.filter(pk=area.pk).update(code=code, name=code.title())
    publish_menu(manager.pk, MENU)
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    # Opened by a key, it waits in sales; the customer's message starts the menu.
    life.opened()
    run_tasks()
    assert set(running()) == {"queue", "resolution"}
    life.contact = life.row
    Chat.objects.update(seen_message_id=None)
    publish_menu(manager.pk, MENU | {"fallback": "vendas"})
    chat = Chat.objects.get()
    builders.make_chat(life.contact, closed_at=timezone.now() - timedelta(days=1))
    ChatEvent.objects.create(
        manager=manager,
        chat=Chat.objects.exclude(pk=chat.pk).get(),
        kind="closed",
        area=sales,
    )
    life.writes()
    run_tasks()
    assert ChatEvent.objects.filter(kind="bot_step").exists()
    assert running() == {}
    life.claimed(ana)
    run_tasks()
    assert set(running()) == {"first", "resolution"}
    assert running()["first"].started_at == line("claimed").at


def test_deleting_the_contact_meets_no_clock(life):
    life.writes()
    run_tasks()
    delete_contact(life.row, actor=BOT)
    run_tasks()
    assert [state for _kind, state in states()] == ["void"] * 3


def test_a_reopened_chat_has_clocks_again(life, ana):
    life.writes()
    run_tasks()
    life.claimed(ana)
    life.answered(ana)
    life.closed()
    chat = Chat.objects.get()
    Chat.objects.update(closed_at=None)
    ChatEvent.objects.create(
        manager=life.manager,
        chat=chat,
        kind="reopened",
        cause="customer",
        area=life.contact.area,
        schedule_id=line("closed").schedule_id,
    )
    life.writes("de novo")
    run_tasks()
    assert set(running()) == {"queue", "first", "resolution"}
    assert running()["resolution"].started_at == line("reopened").at
    assert states().count(("resolution", "met")) == 1


def test_a_first_message_after_the_opening_starts_the_clocks(life):
    life.opened()
    run_tasks()
    assert set(running()) == {"queue", "resolution"}
    Chat.objects.update(opened_at=F("opened_at") - timedelta(seconds=1))
    life.writes()
    run_tasks()
    assert running()["first"].started_at == Message.objects.get().stored_at


def test_reopening_starts_a_reply_clock_if_the_customer_wrote_last(life, ana):
    builders.save_policy(life.manager, **TARGETS, reopen=600)
    life.writes()
    life.claimed(ana)
    life.answered(ana)
    life.writes("obrigado")
    life.closed()
    life.writes("mais uma coisa")
    run_tasks()
    assert line("reopened").cause == "customer"
    found = running()
    assert set(found) == {"queue", "first", "resolution"}
    assert found["first"].started_at == Message.objects.latest("pk").stored_at
    assert list(wrong_clocks()) == []


def test_a_clock_ends_once(life):
    life.writes()
    run_tasks()
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.update(met_at=now, void_at=now)
