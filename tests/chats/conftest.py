"""Fixtures: fake gateways, and a worker whose rounds the test runs itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from chats.gateways.deadline_adapter import Timeouts
from chats.models import Delivery, Message
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from hci_center.demo.gateways.controller import FakeController
from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.demo.gateways.messenger import FakeMessenger
from hci_center.demo.gateways.whatsapp_cloud import FakeWhatsAppCloud
from hci_center.demo.gateways.wppconnect import FakeWPPConnect
from tests import builders
from tests.chats.files.conversion import samples
from tests.chats.files.sample_files import data_uri
from tests.chats.files.sample_pictures import encoded

SHORT = Timeouts(connect=1.0, read=0.3, total=0.6)

CLOUD_PHONE = "106540352242922"
PSID = "7418252963"
PHONE = "5511987654321"
PNG = encoded("PNG")


def post(fake, path, events, client=None, **headers):
    raw = json.dumps(events).encode()
    signed = {**fake.headers_of(raw), **headers}
    return (client or Client()).post(
        path, raw, content_type="application/json", headers=signed
    )


def stored_bytes(attachment):
    with attachment.file.open() as file:
        return file.read()


@pytest.fixture
def page(manager, settings):
    settings.META_APP_SECRET = "sesame"
    with FakeMessenger(
        page=manager.facebook_id, token=manager.facebook_token, secret="sesame"
    ) as fake:
        settings.GRAPH_URL = fake.url
        fake.people[PSID] = datetime.now(UTC)
        yield fake


@pytest.fixture
def cloud(manager, settings):
    settings.META_APP_SECRET = ""
    with FakeWhatsAppCloud(phone=CLOUD_PHONE, token="tok", secret="own") as fake:
        settings.WHATSAPP_CLOUD_URL = fake.url
        manager.gateway = "whatsapp_cloud"
        manager.gateway_settings = json.dumps(
            {"phoneNumberId": CLOUD_PHONE, "token": "tok", "appSecret": "own"}
        )
        manager.save()
        yield fake


@pytest.fixture
def evolution(manager):
    with FakeEvolution(instance="padaria", key="canary-key") as fake:
        manager.gateway = "evolution"
        manager.gateway_settings = json.dumps(
            {"url": fake.url, "instance": "padaria", "apikey": "canary-key"}
        )
        manager.save()
        yield fake


@pytest.fixture
def wppconnect(manager):
    with FakeWPPConnect(session="padaria", token="t") as fake:
        manager.gateway = "wppconnect"
        manager.gateway_settings = json.dumps(
            {"url": fake.url, "session": "padaria", "token": "t"}
        )
        manager.save()
        yield fake


@pytest.fixture
def controller(settings: Any) -> Iterator[FakeController]:
    with FakeController() as fake:
        settings.CONTROLLER_URL = fake.url
        yield fake


class Rounds:
    """Runs a worker's rounds until nothing is in progress."""

    def __init__(self, **limits: Any) -> None:
        self.worker = Worker(Limits(**{"doubt": 60.0, "patience": SHORT} | limits))
        # Sessions are only checked by tests that need it.
        self.worker._calls.check = lambda: None  # type: ignore[method-assign]

    def make(self, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            busy = self.worker.step()
            if not busy and not self.worker.is_under_way:
                return
            time.sleep(0.005)
        raise AssertionError("the worker does not come to rest")

    def close(self) -> None:
        self.worker._calls._threads.shutdown()
        self.worker._side.threads.close()
        self.worker._sleep.close()


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    made = Rounds()
    yield made
    made.close()


@pytest.fixture
def patient_rounds() -> Iterator[Rounds]:
    """Rounds with a longer timeout, for gateways that are slow to answer."""
    made = Rounds(patience=Timeouts(10.0, 10.0, 10.0))
    yield made
    made.close()


def queue(contact: Any, text: str = "Olá", **over: Any) -> Message:
    """Creates a message of an operator with a pending delivery."""
    chat = contact.chats.filter(closed_at=None).first() or builders.make_chat(contact)
    message = builders.make_message(
        chat,
        direction="out",
        content=text,
        **{"type": "text", "sender": "7", "status": "wait"} | over,
    )
    Delivery.objects.create(
        message=message,
        manager_id=contact.manager_id,
        contact=contact,
        channel=contact.channel,
    )
    return message


def make_due(message: Message) -> None:
    """Makes the message's next attempt due and ends all pauses of accounts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chats_delivery SET next_at = now() WHERE message_id = %s",
            [message.pk],
        )
        cursor.execute("UPDATE chats_gatewayaccount SET paused_until = NULL")


TO_NUMBER = "/api/chat/message/send/operator/file/8080"


@pytest.fixture
def customer(manager: Any, ana: Any) -> Any:
    return builders.make_contact(manager, external_id=PHONE, area=ana.areas.get())


@pytest.fixture
def send(api: Any, ana: Any, customer: Any) -> Any:
    """Sends a file to the customer through the API."""

    def send(content, mime, message_type, **over):
        body = {"contactNumber": PHONE, "from": str(ana.pk), "type": message_type}
        return api.post(TO_NUMBER, body | {"base64": data_uri(content, mime)} | over)

    return send


def record(send: Any) -> Any:
    """Sends a browser's recording and returns the message."""
    answer = send(samples.recording_of_chrome(), "audio/webm;codecs=opus", "audio")
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]
