"""The number of tasks and statements after a customer's first message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.rules.in_force import in_force
from areas.rules.menus import publish_menu
from chats.models import Clock, MenuState, Task
from chats.rules import tasks
from chats.worker import queues
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from tests import builders
from tests.chats.conftest import queue
from tests.chats.rules.conftest import connect
from tests.chats.rules.running import run_tasks
from tests.menus import MENU


def kinds() -> list[str]:
    return sorted(Task.objects.values_list("kind", flat=True))


def run_next(kind: str) -> None:
    [task] = tasks.lease(1)
    assert task.kind == kind
    tasks.run(task, HANDLERS)


@pytest.fixture
def assigning(newcomer, manager, sales, ana):
    """Returns a new customer of a manager whose default area assigns."""
    rules = {"entryArea": sales.code, "assign": "fewest", "idleClose": 600}
    builders.save_policy(manager, **rules)
    connect(ana)
    Task.objects.all().delete()
    return newcomer


def test_an_assignment_needs_three_tasks(assigning, ana):
    assigning.writes()
    run_next("inbound")
    run_next("assign")
    assert Contact.objects.get(pk=assigning.contact.pk).operator == ana
    # One clock task for all of that.
    assert kinds() == ["clock", "idle"]
    assert tasks.lease(10) == []
    [clock] = Task.objects.filter(kind="clock")
    assert clock.run_at - timezone.now() < timedelta(seconds=1)
    run_tasks()
    assert Clock.objects.filter(kind="queue", met_at__isnull=False).exists()
    assert kinds() == ["idle"]


def test_an_assignment_needs_few_statements(assigning, django_assert_max_num_queries):
    assigning.writes()
    # Including those that begin and end transactions and savepoints.
    with django_assert_max_num_queries(13):
        run_next("inbound")
    with django_assert_max_num_queries(17):
        run_next("assign")
    Task.objects.filter(kind="clock").update(run_at=timezone.now())
    with django_assert_max_num_queries(12):
        run_next("clock")


def test_a_greeting_needs_few_statements(
    newcomer, menu_areas, django_assert_max_num_queries
):
    in_force(newcomer.manager.pk, None)  # the version is read once by each process
    newcomer.writes()
    with django_assert_max_num_queries(19):
        run_next("inbound")
    assert MenuState.objects.count() == 1


def test_a_message_of_a_waiting_customer_schedules_no_clock_task(life):
    life.writes()
    run_tasks()
    life.writes("alguém?")
    run_next("inbound")
    assert kinds() == ["assign"]


def test_a_message_after_an_answer_starts_its_clock_at_once(
    life, ana, django_assert_max_num_queries
):
    life.writes()
    run_tasks()
    life.answered(ana)
    run_tasks()
    life.writes("e agora?")
    with django_assert_max_num_queries(16):
        run_next("inbound")
    assert "clock" not in kinds()
    assert Clock.objects.filter(kind="reply", met_at=None, void_at=None).exists()


def test_after_a_failure_the_clocks_have_a_task_of_their_own(life, ana):
    life.writes()
    run_tasks()
    life.answered(ana)
    run_tasks()
    life.writes("e agora?")
    Task.objects.filter(kind="inbound").update(failures=1)
    run_next("inbound")
    assert "clock" in kinds()
    run_tasks()
    assert Clock.objects.filter(kind="reply", met_at=None, void_at=None).exists()


def test_cached_rules_are_never_stale(manager, sales):
    for cap in (2, 3):
        builders.save_policy(manager, sales, cap=cap)
        assert in_force(manager.pk, sales.pk).policy.cap == cap
    builders.make_area(manager, "suporte")
    for greeting in ("Olá!", "Oi!"):
        publish_menu(manager.pk, MENU | {"greeting": greeting})
        found: Any = in_force(manager.pk, None).menu
        assert found.body.greeting == greeting
    publish_menu(manager.pk, None)
    found = in_force(manager.pk, None).menu
    assert found.body is None


def test_the_worker_queries_only_tables_with_work(manager, contact):
    assert queues.waiting() == frozenset()
    later = timezone.now() + timedelta(seconds=60)
    tasks.schedule("menu", manager.pk, contact_id=contact.pk, run_at=later)
    assert queues.waiting() == frozenset()
    tasks.schedule("clock", manager.pk, contact_id=contact.pk)
    assert queues.waiting() == {"rules"}
    tasks.lease(1)
    queue(contact)
    assert queues.waiting() == {"send"}
