"""Service level clocks: their targets, and counting in opening hours."""

from __future__ import annotations

from datetime import UTC, datetime

from chats.models import Chat, ChatEvent
from chats.rules import clocks
from tests import builders
from tests.chats.rules.living import TARGETS, Life, running, states
from tests.chats.rules.running import run_tasks


def test_new_targets_do_not_change_running_clocks(life, ana):
    life.writes()
    run_tasks()
    before = running()
    builders.save_policy(life.manager, slaQueue=1, slaFirst=1, slaResolution=1)
    life.writes("?")
    run_tasks()
    assert running() == before
    assert running()["queue"].due_at == before["queue"].due_at


def test_removing_targets_ends_running_clocks(life, sales, ana):
    life.writes()
    run_tasks()
    builders.save_policy(life.manager, **dict.fromkeys(TARGETS, 0))
    life.claimed(ana)
    life.answered(ana)
    life.closed()
    assert running() == {}
    run_tasks()
    assert {state for _kind, state in states()} == {"met"}


def test_targets_of_one_area_end_with_its_queue(api, manager, sales, support):
    builders.save_policy(manager, sales, slaQueue=60)
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    life.writes()
    run_tasks()
    assert set(running()) == {"queue"}
    life.moved(support)
    run_tasks()
    assert running() == {}


def test_friday_afternoon_and_one_hour_is_monday_morning(api, manager, sales):
    hours = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    builders.save_policy(manager, hours=hours, slaFirst=3600)
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    chat = builders.make_chat(life.contact)
    friday = datetime(2026, 11, 27, 19, 30, tzinfo=UTC)
    Chat.objects.filter(pk=chat.pk).update(opened_at=friday)
    ChatEvent.objects.create(
        manager=manager,
        chat=chat,
        kind="opened",
        cause="customer",
        at=friday,
        area=sales,
        schedule_id=manager.schedule_id,
    )
    builders.make_message(chat, created_at=friday, stored_at=friday)
    clocks.store_clocks(chat, friday, has_areas=True)
    first = running()["first"]
    assert first.due_at == datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
    assert first.risk_at == datetime(2026, 11, 30, 12, 18, tzinfo=UTC)


def test_hours_that_never_open_pause_a_clock(api, manager, sales, ana):
    builders.save_policy(manager, hours={}, slaFirst=60)
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    life.writes()
    run_tasks()
    first = running()["first"]
    assert (first.risk_at, first.due_at) == (None, None)
    body = {"operatorId": str(ana.pk), "contactId": life.contact.external_id}
    answer = api.post("/api/chat/get", body).json()["data"]
    assert answer["clock"]["state"] == "paused"
