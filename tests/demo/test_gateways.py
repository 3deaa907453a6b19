"""The demo gateways: a message is sent and read, and a reply arrives."""

from __future__ import annotations

import time

import pytest

from chats.models import Message
from hci_center.demo import answers
from hci_center.demo.gateways import run
from hci_center.demo.gateways.run import DemoGateways
from tests import builders
from tests.chats.conftest import queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(manager, settings, live_server, monkeypatch):
    for name in ("DELIVERED_AFTER", "READ_AFTER", "ANSWERS_AFTER"):
        monkeypatch.setattr(run, name, 0.0)
    manager.is_demo = True
    manager.save()
    with DemoGateways(
        0,
        us=live_server.url,
        key=builders.make_key(manager),
        controllers={manager.controller_port: manager.number},
        pages={manager.facebook_id: manager.facebook_token},
        answer_to=answers.SimulatedCustomers().answer_to,
    ) as gateways:
        settings.DEMO_GATEWAYS_PORT = gateways.port
        yield gateways


@pytest.mark.parametrize("which", ["contact", "page_contact"])
def test_a_demo_customer_answers(demo, rounds, request, which):
    person = request.getfixturevalue(which)
    message = queue(person, "Bom dia!")
    deadline = time.monotonic() + 20
    while not Message.objects.filter(direction="in").exists():
        assert time.monotonic() < deadline
        rounds.make()
        time.sleep(0.05)
    message.refresh_from_db()
    answer = Message.objects.get(direction="in")
    assert message.status == "read"
    assert answer.contact == person
    assert answer.content in answers.TO_PERSONS


def test_only_demo_managers_use_it(demo, manager, contact, rounds):
    manager.is_demo = False
    manager.save()
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "wait"
    assert not Message.objects.filter(direction="in").exists()
