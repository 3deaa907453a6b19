"""The example in docs/controller.md runs and behaves as documented."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
import requests
from django.conf import settings as django_settings

from chats.models import Message
from tests import builders
from tests.chats.conftest import queue
from tests.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (Path(django_settings.BASE_DIR) / "docs" / "controller.md").read_text()
MOST_LINES = 40
SECONDS = 30


@pytest.fixture
def program(tmp_path):
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= MOST_LINES
    path = tmp_path / "controller.py"
    path.write_text(code)
    return path


@pytest.fixture
def running(program, manager, live_server, settings):
    port = free_port()
    settings.CONTROLLER_URL = f"http://127.0.0.1:{port}"
    key = builders.make_key(manager)
    process = subprocess.Popen(
        [sys.executable, program, str(port), live_server.url, key, str(manager.number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.lines = Queue()

    def read():
        for line in process.stdout:
            process.lines.put(line)

    reader = Thread(target=read)
    reader.start()
    wait_until(lambda: answers(settings.CONTROLLER_URL))
    yield process
    process.stdin.close()
    process.wait(10)
    reader.join(10)
    process.stdout.close()


def answers(url):
    try:
        return requests.get(f"{url}/health", timeout=1).ok
    except requests.ConnectionError:
        return False


def wait_until(is_true):
    deadline = time.monotonic() + SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_message_is_sent_and_delivered(running, contact, rounds):
    message = queue(contact, "Olá, Zoë")
    rounds.make()
    assert running.lines.get(timeout=SECONDS) == f"to {contact.external_id} Olá, Zoë\n"

    def is_delivered():
        message.refresh_from_db()
        return message.status == "delivered"

    wait_until(is_delivered)
    assert message.gateway_id.startswith("wa-")


def test_a_repeat_and_a_lookup_return_the_first_result(running, settings):
    url = settings.CONTROLLER_URL
    sent = {"messageId": "u1", "contactNumber": 551199, "content2": "Olá"}
    first, again = (
        requests.post(f"{url}/send/text", json=sent, timeout=5).json() for _ in range(2)
    )
    looked_up = requests.get(f"{url}/send/u1", timeout=5).json()
    assert first == again == looked_up
    assert requests.get(f"{url}/send/u2", timeout=5).status_code == 404


def test_what_a_customer_writes_arrives(running, contact):
    running.stdin.write(f"{contact.external_id} Bom dia!\n")
    running.stdin.flush()
    wait_until(Message.objects.filter(content="Bom dia!", direction="in").exists)
    assert Message.objects.get().contact == contact
