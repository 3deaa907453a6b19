"""The worker survives deadlocks, a full disk and lost database connections."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, connection, connections

from chats.accounts.registry import webhook_path
from chats.delivery import results
from chats.inbound import queue as inbound_queue
from chats.models import (
    Delivery,
    InboundEvent,
)
from chats.worker.completions import Completion, Completions
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from tests.chats.conftest import SHORT, post, queue
from tests.chats.worker.test_row_faults import recorded

pytestmark = pytest.mark.django_db(transaction=True)


def raised_by_the_server(sqlstate):
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$"
        )


def test_an_end_that_met_a_deadlock_is_written_again(
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


def test_a_full_disk_is_waited_for_and_others_are_not_held_up():
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


def test_a_lost_connection_forgets_nothing():
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


def test_a_piece_that_meets_a_deadlock_is_worked_through_at_once(
    manager, evolution, rounds, monkeypatch
):
    plain, met = inbound_queue._act, []

    def act(claimed, find_account):
        if not met:
            met.append(True)
            raised_by_the_server("40P01")
        return plain(claimed, find_account)

    monkeypatch.setattr(inbound_queue, "_act", act)
    path = webhook_path("evolution", manager.pk)
    events = evolution.inbound("5511987654321", "Olá")
    assert post(evolution, path, events).status_code == 200
    rounds.make()
    assert InboundEvent.objects.get().state == "done"
    assert met == [True]


def test_a_round_that_fails_is_followed_by_another(contact, controller, monkeypatch):
    """An error outside the tasks is recorded, and the process goes on."""
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
