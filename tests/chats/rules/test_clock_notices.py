"""Notifications of clocks, and their cost without targets."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats.models import ChatEvent, Clock, Task
from chats.rules import clocks
from tests import builders
from tests.chats.rules.living import TARGETS, Life, running
from tests.chats.rules.running import run_tasks


def line(kind: str) -> ChatEvent:
    return ChatEvent.objects.filter(kind=kind).latest("pk")


def test_each_step_is_notified_once(life):
    life.writes()
    run_tasks()
    assert clocks.notify() == 0
    pk = running()["first"].pk
    past, later = timezone.now() - timedelta(1), timezone.now() + timedelta(1)
    Clock.objects.filter(pk=pk).update(risk_at=past)
    assert clocks.notify() == 1
    assert clocks.notify() == 0
    assert Clock.objects.get(pk=pk).notified == 1
    Clock.objects.filter(pk=pk).update(due_at=past)
    assert [clocks.notify(), clocks.notify()] == [1, 0]
    assert Clock.objects.get(pk=pk).notified == 2
    # Two steps at once are notified once; a met clock is not.
    Clock.objects.filter(kind="queue").update(risk_at=past, due_at=past)
    met = Clock.objects.filter(kind="resolution")
    met.update(risk_at=past, due_at=later, met_at=timezone.now())
    assert clocks.notify() == 1
    assert Clock.objects.get(kind="queue").notified == 2
    assert met.get().notified == 0


def test_the_list_shows_the_most_urgent(api, life, ana):
    life.writes()
    run_tasks()
    body = {"operatorId": str(ana.pk), "contactId": life.contact.external_id}
    clock = api.post("/api/chat/get", body).json()["data"]["clock"]
    assert (clock["kind"], clock["state"]) == ("queue", "ok")
    life.claimed(ana)
    clock = api.post("/api/chat/get", body).json()["data"]["clock"]
    assert clock["kind"] == "first"


def test_without_targets_there_is_no_task_and_no_clock(api, manager, sales, ana):
    builders.save_policy(manager, hours={"mon": ["09:00-12:00"]}, awayText="Fechado")
    life = Life(api, manager, builders.make_contact(manager, area=sales))
    life.writes()
    run_tasks()
    life.claimed(ana)
    life.answered(ana)
    life.closed()
    assert not Task.objects.filter(kind="clock").exists()
    assert not Clock.objects.exists()


def test_calls_need_as_many_statements_as_without_targets(api, manager, sales, ana):
    def counts() -> list[int]:
        life = Life(api, manager, builders.make_contact(manager, area=sales))
        steps = (
            life.writes,
            life.writes,
            lambda: life.claimed(ana),
            lambda: life.answered(ana),
            life.closed,
        )
        found = []
        for step in steps:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                step()
            found.append(len(queries))
        return found

    builders.save_policy(manager, awayText="Fechado")
    counts()  # rows that are only looked up once
    plain = counts()
    builders.save_policy(manager, **TARGETS)
    assert counts() == plain
