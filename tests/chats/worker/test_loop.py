"""The worker's life cycle: wakeup, shutdown and robustness."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections

from chats.delivery import attempts
from chats.models import Delivery, Task
from chats.rules import tasks
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from chats.worker.wakeup import AWAKE_LOCK
from hci_center.demo.gateways import faults
from tests import builders
from tests.chats.conftest import SHORT, make_due, queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other():
    """A second database connection."""
    parameters = connection.get_connection_params()
    keep = ("dbname", "user", "password", "host", "port")
    options = {name: parameters[name] for name in keep if parameters.get(name)}
    with psycopg.connect(**options, autocommit=True) as made:
        yield made


@pytest.fixture
def running():
    """Starts workers in threads of their own and stops them at the end."""
    started = []

    def start():
        worker = Worker(Limits(patience=SHORT))

        def run():
            worker.run()
            connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        started.append((worker, thread))
        return worker, thread

    yield start
    for worker, thread in started:
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()


def notices(listening):
    return [n.channel for n in listening.notifies(timeout=0.3, stop_after=1)]


def test_a_commit_wakes_a_sleeping_worker(contact, other):
    other.execute("LISTEN delivery")
    queue(contact)
    assert notices(other) == ["delivery"]


def test_no_notification_is_sent_while_a_worker_is_awake(contact, other):
    other.execute("LISTEN delivery")
    other.execute("SELECT pg_advisory_lock_shared(%s)", [AWAKE_LOCK])
    queue(contact)
    assert notices(other) == []


def test_a_rollback_wakes_no_worker(contact, other):
    from django.db import transaction

    other.execute("LISTEN delivery")
    with transaction.atomic():
        queue(contact)
        transaction.set_rollback(True)
    assert notices(other) == []


def wait_for(is_true, seconds=15):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_running_worker_sends_new_messages(contact, controller, running):
    running()
    for n in range(3):
        queue(contact, str(n))
        wait_for(lambda n=n: len(controller.delivered) == n + 1)


def test_two_workers_send_each_message_once(contact, controller, running):
    running()
    running()
    for n in range(20):
        queue(contact, str(n))
    wait_for(lambda: not Delivery.objects.filter(done_at=None).exists())
    assert [d.text for d in controller.delivered] == [str(n) for n in range(20)]


def test_it_finishes_its_work_before_it_stops(contact, controller, running):
    worker, thread = running()
    controller.faults.append(faults.delay(0.2))
    message = queue(contact)
    wait_for(
        lambda: controller.requests and controller.is_send(controller.requests[-1])
    )
    worker.stop()
    thread.join(15)
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_message_that_raises_an_error_fails_and_others_are_sent(
    manager, contact, controller, rounds, monkeypatch
):
    plain = attempts.attempt

    def attempt(drivers, job):
        if job.out.text == "poison":
            raise RuntimeError("broken")
        return plain(drivers, job)

    monkeypatch.setattr(attempts, "attempt", attempt)
    poison, good = queue(contact, "poison"), queue(contact, "good")
    for _ in range(3):
        rounds.make()
        make_due(poison)
    poison.refresh_from_db()
    assert poison.status == "failed"
    assert poison.error
    rounds.make()
    good.refresh_from_db()
    assert good.status == "sent"


def test_files_without_a_row_are_deleted_periodically(settings, rounds):
    name = uuid4().hex
    orphan = Path(settings.MEDIA_ROOT) / name[:2] / name
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    rounds.make()
    assert orphan.exists()
    rounds.worker._dues["orphans"] = 0.0
    rounds.make()
    assert not orphan.exists()
    assert rounds.worker._dues["orphans"] > time.monotonic() + 3000


def test_a_thread_of_rules_continues_without_another_round(manager, rounds):
    people = [builders.make_contact(manager) for _ in range(5)]
    for contact in people:
        tasks.schedule("menu", manager.pk, contact_id=contact.pk)
    assert rounds.worker._side.run_rules()
    deadline = time.monotonic() + 10
    while Task.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Task.objects.exists()


def test_housekeeping_does_not_keep_an_idle_worker_awake(rounds):
    rounds.make()
    rounds.worker._dues["words"] = 0.0
    rounds.worker.step()
    deadline = time.monotonic() + 10
    while rounds.worker.is_under_way and time.monotonic() < deadline:
        time.sleep(0.005)
    assert rounds.worker.step() is False
