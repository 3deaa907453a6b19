"""Tasks of the rules: scheduled once, leased once, done once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.models import Task
from chats.rules import backlog, tasks
from chats.worker.handlers import HANDLERS
from hci_center.background.models import BackgroundFault
from hci_center.errors import LackingError
from managers.models import Manager
from tests import builders
from tests.chats.api.recording import send


def soon(manager, contact, **over):
    tasks.schedule("menu", manager.pk, contact_id=contact.pk, **over)


def doing(*done):
    seen = []

    def handler(task):
        seen.append(task)
        for act in done:
            act(task)

    return seen, {"menu": handler}


def test_a_task_runs_once_and_is_deleted(manager, contact):
    soon(manager, contact)
    soon(manager, contact)
    [task] = tasks.lease(10)
    assert tasks.lease(10) == []
    seen, handlers = doing()
    tasks.run(task, handlers)
    assert [one.contact_id for one in seen] == [contact.pk]
    assert not Task.objects.exists()


def test_a_task_waits_for_its_time(manager, contact):
    later = timezone.now() + timedelta(seconds=60)
    soon(manager, contact, run_at=later)
    assert tasks.lease(10) == []
    soon(manager, contact, run_at=later + timedelta(seconds=60), soonest=True)
    assert Task.objects.get().run_at == later
    soon(manager, contact, run_at=later + timedelta(seconds=60))
    assert Task.objects.get().run_at > later


def test_other_due_tasks_run_before_those_of_clocks(manager, contact):
    long_ago = timezone.now() - timedelta(seconds=60)
    tasks.schedule("clock", manager.pk, contact_id=contact.pk, run_at=long_ago)
    soon(manager, contact)
    assert [tasks.lease(1)[0].kind for _ in range(2)] == ["menu", "clock"]


def test_a_task_scheduled_again_while_running_is_kept(manager, contact):
    soon(manager, contact)
    [task] = tasks.lease(10)
    _seen, handlers = doing(lambda _task: soon(manager, contact))
    tasks.run(task, handlers)
    assert [one.version for one in tasks.lease(10)] == [task.version + 1]


def test_after_a_crash_another_worker_runs_the_task(manager, contact):
    soon(manager, contact)
    tasks.lease(10)
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.update(lease_until=past)
    assert len(tasks.lease(10)) == 1


def test_an_error_rolls_back_and_does_not_block_other_tasks(manager, contact):
    other = builders.make_contact(manager)
    soon(manager, contact)
    soon(manager, other)

    def fails(task):
        Manager.objects.filter(pk=manager.pk).update(uf="SP")
        if task.contact_id == contact.pk:
            raise RuntimeError("broken")

    for task in tasks.lease(10):
        tasks.run(task, {"menu": fails})
    left = Task.objects.get()
    assert (left.contact, left.failures, left.lease_until) == (contact, 1, None)
    assert left.run_at > timezone.now()
    assert BackgroundFault.objects.get().task == "menu"


@pytest.mark.django_db(transaction=True)
def test_a_late_task_is_reported(manager, contact):
    assert backlog.check() == "ok"
    tasks.schedule("clock", manager.pk, contact_id=contact.pk)
    assert backlog.check().startswith("due: 1 clock for 0.")
    soon(manager, contact, run_at=timezone.now() - timedelta(seconds=90))
    clocks, menus = backlog.backlog()
    assert (clocks.kind, menus.kind, menus.count) == ("clock", "menu", 1)
    assert menus.lag >= 90
    with pytest.raises(
        LackingError, match=r"due: 1 clock for .*, 1 menu for 9\d\.\d s"
    ):
        backlog.check()


# What a customer's message schedules -------------------------------------------


def message_of(contact, manager):
    number = int(contact.external_id)
    return {"contactNumber": number, "managerNumber": manager.number, "from": number}


def test_without_rules_a_message_schedules_nothing(api, manager, contact):
    for _ in range(2):
        send(api, **message_of(contact, manager))
    assert not Task.objects.exists()


def test_with_rules_each_customers_message_schedules_one_task(api, manager, contact):
    Manager.objects.filter(pk=manager.pk).update(has_automation=True)
    for _ in range(3):
        assert send(api, **message_of(contact, manager)).status_code == 200
    task = Task.objects.get()
    assert (task.kind, task.contact, task.version) == ("inbound", contact, 3)


def test_messages_of_others_schedule_nothing(api, manager, contact):
    Manager.objects.filter(pk=manager.pk).update(has_automation=True)
    body = {**message_of(contact, manager), "from": manager.number}
    assert send(api, **body).status_code == 200
    assert not Task.objects.exists()


def test_every_kind_of_task_has_a_handler():
    assert set(HANDLERS) <= set(Task.Kind.values)


def test_a_task_wakes_an_idle_worker_and_a_lease_does_not(transactional_db, manager):
    contact = builders.make_contact(manager)
    with connection.cursor() as cursor:
        cursor.execute("LISTEN delivery")
        soon(manager, contact)
        assert list(connection.connection.notifies(timeout=2, stop_after=1))
        tasks.lease(10)
        assert not list(connection.connection.notifies(timeout=0))
        cursor.execute("UNLISTEN delivery")
