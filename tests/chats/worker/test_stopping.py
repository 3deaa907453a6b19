"""A worker that is stopped exits within its supervisor's timeout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.db import connection, connections

from chats.inbound import media_download, profile_download
from chats.management.commands.deliver_messages import MARGIN
from chats.models import Delivery, MediaFetch, ProfileFetch
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from hci_center.demo.gateways import faults
from hci_center.local.management.commands.serve import WORKER
from tests import builders
from tests.chats.conftest import SHORT, queue
from tests.feed.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for(is_true, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def hanging(monkeypatch):
    """Makes downloads hang until the end of the test."""
    begun, over = threading.Semaphore(0), threading.Event()

    def fetch(*_):
        begun.release()
        over.wait(60)

    monkeypatch.setattr(media_download, "fetch", fetch)
    monkeypatch.setattr(profile_download, "fetch", fetch)
    yield begun, over
    over.set()


def test_the_workers_timeout_is_shorter_than_its_supervisors():
    assert Limits().drain + MARGIN < WORKER.stop_seconds


def test_hanging_downloads_are_abandoned_and_released(manager, contact, hanging):
    message = builders.make_message(builders.make_chat(contact), type="image")
    MediaFetch.objects.create(
        message=message, manager=manager, channel="whatsapp", media="{}"
    )
    MediaFetch.objects.update(media='{"url": "http://127.0.0.1/"}')
    ProfileFetch.objects.create(contact=contact, link="")
    worker = Worker(Limits(patience=SHORT, drain=0.1))

    def run():
        worker.run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    begun, over = hanging
    for _ in range(2):
        assert begun.acquire(timeout=20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    for row in (MediaFetch.objects.get(), ProfileFetch.objects.get()):
        assert (row.lease_until, row.attempts) == (None, 0)
    # A process would end here; its threads and their connections end with it.
    over.set()
    worker._side.threads.close()


@pytest.fixture
def process(controller, tmp_path):
    """Starts `manage.py deliver_messages` as a supervisor does."""
    started = []

    def start(*options):
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(connection.settings_dict),
            "HCI_CONTROLLER_URL": controller.url,
        }
        command = [sys.executable, "manage.py", "deliver_messages", *options]
        child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()


def test_a_hanging_send_is_left_until_its_lease_expires(contact, controller, process):
    controller.faults.append(faults.hang(60))
    queue(contact)
    child = process("--drain", "0.2")
    wait_for(
        lambda: controller.requests and controller.is_send(controller.requests[-1])
    )
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    left = Delivery.objects.get()
    assert left.in_flight
    assert left.lease_until is not None
    assert left.done_at is None


def test_a_hanging_database_does_not_delay_the_exit(contact, controller, process):
    child = process("--drain", "0.2")
    queue(contact)
    wait_for(lambda: Delivery.objects.filter(done_at__isnull=False).exists())
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK chats_gatewayaccount")
        try:
            wait_for_a_lock(cursor)
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 0
        finally:
            cursor.execute("ROLLBACK")


def wait_for_a_lock(cursor):
    def somebody_waits():
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0

    wait_for(somebody_waits)
