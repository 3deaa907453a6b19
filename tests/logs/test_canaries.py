"""No log contains customers' texts, personal data or secrets."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client
from django.utils import timezone

from chats.accounts.registry import webhook_path
from chats.models import Delivery, Message
from chats.worker.loop import Worker
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.evolution import FakeEvolution
from tests.chats.conftest import queue, rounds
from tests.logs.capturing import captured

__all__ = ["rounds"]

pytestmark = pytest.mark.django_db(transaction=True)

TEXT, NAME, SECRET = "canary-text-4b1", "Canaria Segredo", "canary-secret-7f3"
NUMBER = "5511912345678"
CANARIES = (TEXT, NAME, SECRET, NUMBER)


@pytest.fixture
def gateway(manager):
    with FakeEvolution(instance="padaria", key=SECRET) as fake:
        manager.gateway = "evolution"
        manager.gateway_settings = json.dumps(
            {"url": fake.url, "instance": "padaria", "apikey": SECRET}
        )
        manager.save()
        fake.people.add(NUMBER)
        yield fake


def receive(gateway, manager, text, **more):
    event = gateway.inbound(f"{NUMBER}@s.whatsapp.net", text, pushName=NAME, **more)
    return Client().post(
        webhook_path("evolution", manager.pk),
        json.dumps(event),
        content_type="application/json",
    )


def test_incoming_outgoing_and_failing_messages(
    manager, ana, gateway, rounds, api, monkeypatch
):
    with captured(logging.DEBUG) as log:
        assert receive(gateway, manager, TEXT).status_code == 200
        rounds.make()
        contact = Message.objects.get(content=TEXT).contact
        # Sent, refused with a response that repeats the request, and failing on our
        # side.
        queue(contact, TEXT)
        rounds.make()
        echo = {"response": {"message": f"{TEXT} {NUMBER} {SECRET} {NAME}"}}
        gateway.faults.append(faults.reply(400, echo))
        queue(contact, TEXT)
        rounds.make()

        # The contact's next message does not wait for the refused one.
        Delivery.objects.update(done_at=timezone.now())

        def breaks(*_arguments):
            raise ValueError(f"{TEXT!r} of {NAME!r}, {NUMBER}")

        with monkeypatch.context() as patch:
            patch.setattr("chats.delivery.attempts.attempt", breaks)
            queue(contact, TEXT)
            rounds.make()
        with monkeypatch.context() as patch:
            patch.setattr("chats.inbound.handlers.handle_event", breaks)
            receive(gateway, manager, TEXT)
            rounds.make()
        # A call that fails on our side.
        with monkeypatch.context() as patch:
            patch.setattr("hci_center.api.viewset.ContractViewSet.dispatch", breaks)
            api.post("/api/chat/message", {"operatorId": "0", "contactId": NUMBER})
    events = " ".join(line["event"] for line in log.lines)
    for said in ("accepted", "parked", "worker: send message", "Unexpected error"):
        assert said in events, log.text
    assert [canary for canary in CANARIES if canary in log.text] == []


def test_the_line_of_a_message_names_its_ids(manager, ana, gateway, rounds):
    receive(gateway, manager, TEXT)
    rounds.make()
    message = Message.objects.get(content=TEXT)
    with captured() as log:
        sent = queue(message.contact, "Olá")
        rounds.make()
    lines = [line for line in log.lines if "message_id" in line]
    assert {line["message_id"] for line in lines} == {sent.pk}
    assert {line["chat_id"] for line in lines} == {sent.chat_id}
    assert {line["manager_id"] for line in lines} == {manager.pk}
    # The request to the gateway and its result.
    assert len(lines) >= 2


def test_a_worker_measures_what_it_sends(manager, ana, gateway, rounds):
    worker: Worker = rounds.worker
    receive(gateway, manager, TEXT)
    rounds.make()
    queue(Message.objects.get(content=TEXT).contact, "Olá")
    rounds.make()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in worker.metrics.collect()
        for sample in family.samples
    }
    assert samples["hci_delivery_attempts_total", "evolution", "accepted"] == 1
    assert samples["hci_delivery_seconds_count", "evolution"] == 1
    assert 0 < samples["hci_delivery_seconds_sum", "evolution"] < 60
    assert samples["hci_worker_slots", "send"] == worker.limits.sends
    assert samples["hci_worker_slots_used", "send"] == 0
