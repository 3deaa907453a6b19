"""The worker survives deadlocks, a full disk and lost database connections."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from chats.accounts.registry import webhook_path
from chats.delivery import conversions, results
from chats.inbound import batches, media_download, processing
from chats.inbound import queue as inbound_queue
from chats.models import (
    Attachment,
    Delivery,
    InboundEvent,
    Message,
    Task,
)
from chats.rules import tasks
from chats.worker import loop
from chats.worker.completions import Completion, Completions
from chats.worker.handlers import HANDLERS
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from hci_center.database.outage_lines import OutageLines
from tests.chats.conftest import PHONE, PNG, SHORT, post, queue
from tests.chats.worker.test_row_faults import recorded

pytestmark = pytest.mark.django_db(transaction=True)


def raised_by_the_server(sqlstate):
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$"
        )


def test_storing_a_result_is_retried_after_a_deadlock(
    contact, controller, rounds, monkeypatch
):
    message = queue(contact)
    plain, met = results.settle, []

    def settle(*arguments):
        if not met:
            met.append(True)
            raised_by_the_server("40P01")
        plain(*arguments)

    monkeypatch.setattr(results, "settle", settle)
    rounds.make()
    message.refresh_from_db()
    assert (message.status, met) == ("sent", [True])
    assert recorded() == set()


def test_a_full_disk_pauses_only_the_affected_work():
    waiting, written = Completions(), []
    full = Completion(
        "send", lambda: raised_by_the_server("53100"), lambda: None, tries=10**6
    )
    waiting.add(full)
    waiting.add(Completion("send", lambda: written.append("b"), lambda: None))
    assert waiting.write()
    assert written == ["b"]
    assert waiting
    assert not waiting.write()
    full.write, full.due = lambda: written.append("a"), 0.0
    waiting.write()
    assert (written, bool(waiting)) == (["b", "a"], False)


def test_a_result_is_stored_after_a_lost_connection():
    def lost():
        raise OperationalError

    waiting, written = Completions(), []
    first = Completion("send", lost, lambda: None)
    waiting.add(first)
    waiting.add(Completion("send", lambda: written.append("b"), lambda: None))
    with pytest.raises(OperationalError):
        waiting.write()
    first.write = lambda: written.append("a")
    waiting.write()
    assert written == ["a", "b"]


def test_work_is_retried_at_once_after_a_deadlock(
    manager, evolution, rounds, monkeypatch
):
    plain, met = processing._act, []

    def act(claimed, find_account):
        if not met:
            met.append(True)
            raised_by_the_server("40P01")
        return plain(claimed, find_account)

    monkeypatch.setattr(processing, "_act", act)
    path = webhook_path("evolution", manager.pk)
    events = evolution.inbound("5511987654321", "Olá")
    assert post(evolution, path, events).status_code == 200
    rounds.make()
    assert InboundEvent.objects.get().state == "done"
    assert met == [True]


def test_events_of_a_lost_connection_do_not_wait_for_their_lease(
    manager, evolution, rounds, monkeypatch
):
    plain, met = processing._act, []

    def act(claimed, find_account):
        met.append(claimed.id)
        if len(met) == 2:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return plain(claimed, find_account)

    monkeypatch.setattr(processing, "_act", act)
    path = webhook_path("evolution", manager.pk)
    for text in ("um", "dois", "três"):
        events = evolution.inbound("5511987654321@s.whatsapp.net", text)
        assert post(evolution, path, events).status_code == 200
    rounds.make()
    contents = Message.objects.order_by("pk").values_list("content", flat=True)
    assert list(contents) == ["um", "dois", "três"]
    tries = InboundEvent.objects.order_by("pk").values_list("attempts", flat=True)
    assert list(tries) == [1, 2, 1]
    assert met[1] == met[2]


def test_a_task_of_a_lost_connection_does_not_wait_for_its_lease(
    contact, rounds, monkeypatch
):
    done = []

    def handle(task):
        done.append(task.failures)
        if len(done) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setitem(HANDLERS, "idle", handle)
    monkeypatch.setattr(tasks, "FIRST_DELAY", 0.1)
    tasks.schedule("idle", contact.manager_id, contact_id=contact.pk)
    until = time.monotonic() + 10
    while Task.objects.exists() and time.monotonic() < until:
        rounds.make()
        time.sleep(0.1)
    assert done == [0, 1]
    assert not Task.objects.exists()


def test_a_task_that_another_worker_has_leased_is_not_given_back(contact):
    tasks.schedule("idle", contact.manager_id, contact_id=contact.pk)
    [mine] = tasks.lease(1)
    Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    [other] = tasks.lease(1)
    tasks.give_back(mine)
    task = Task.objects.get()
    assert (task.lease_until, task.failures) == (other.lease_until, 0)


def losing_the_connection_once(function):
    lost = []

    def call(*arguments, **named):
        if not lost:
            lost.append(True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return function(*arguments, **named)

    return call


def test_a_file_of_a_lost_connection_does_not_wait_for_its_lease(
    manager, evolution, rounds, monkeypatch
):
    once = losing_the_connection_once(media_download._keep)
    monkeypatch.setattr(media_download, "_keep", once)
    evolution.media["3A7"] = (b64encode(PNG).decode(), "image/png")
    photo = {"message": {"imageMessage": {}}, "messageType": "imageMessage"}
    event = evolution.inbound("55119@s.whatsapp.net", key={"id": "3A7"}, **photo)
    post(evolution, webhook_path("evolution", manager.pk), event)
    rounds.make()
    assert Attachment.objects.exists()


def test_a_conversion_of_a_lost_connection_does_not_wait_for_its_lease(
    evolution, send, rounds, monkeypatch
):
    evolution.people.add(PHONE)
    once = losing_the_connection_once(conversions._note)
    monkeypatch.setattr(conversions, "_note", once)
    assert send(PNG, "image/png", "image").status_code == 200
    rounds.make(60.0)
    assert Message.objects.get().status == "sent"


def test_events_that_were_claimed_again_are_not_given_back(manager, evolution):
    post(evolution, webhook_path("evolution", manager.pk), evolution.inbound("5@lid"))
    [[event]] = inbound_queue.claim(1)
    InboundEvent.objects.update(lease_until=None)
    inbound_queue.claim(1)
    batches.give_back([event])
    assert InboundEvent.objects.get().lease_until is not None


def test_a_round_that_fails_is_followed_by_another(contact, controller, monkeypatch):
    """An error outside the tasks is recorded, and the process continues."""
    worker = Worker(Limits(patience=SHORT))
    plain, met = worker._periodic_tasks, []

    def periodic_tasks():
        if not met:
            met.append(True)
            raise ZeroDivisionError
        plain()

    worker._periodic_tasks = periodic_tasks  # type: ignore[method-assign]
    message = queue(contact)

    def run():
        worker.run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while not Delivery.objects.filter(done_at__isnull=False).exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    message.refresh_from_db()
    assert message.status == "sent"
    assert recorded() == {("round", "")}


def test_rounds_that_fail_in_an_outage_warn_once(monkeypatch, caplog):
    lines = OutageLines()
    lines.back()
    monkeypatch.setattr(loop, "outage_lines", lines)
    monkeypatch.setattr(loop, "PAUSE_AFTER_FAULT", 0.0)
    worker = Worker()
    worker._recover(OperationalError("the connection is lost"))
    lines.lost("refused")
    worker._recover(OperationalError("refused"))
    warnings = [each for each in caplog.records if each.name == "chats.worker.loop"]
    assert [each.levelname for each in warnings] == ["WARNING"]
