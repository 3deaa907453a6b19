"""A worker whose rounds a test makes by hand, before a fake controller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from chats.gateways.bounded import Patience
from chats.models import Delivery, Message
from chats.worker import Limits, Worker
from hci_center.local.fakes.controller import FakeController
from tests import builders

SHORT = Patience(connect=1.0, read=0.3, total=0.6)


@pytest.fixture
def controller(settings: Any) -> Iterator[FakeController]:
    with FakeController() as fake:
        settings.CONTROLLER_URL = fake.url
        yield fake


class Rounds:
    """Makes a worker's rounds until nothing of it is under way."""

    def __init__(self, **limits: Any) -> None:
        self.worker = Worker(Limits(**{"doubt": 60.0, "patience": SHORT} | limits))
        # Sessions are asked for where a test wants it.
        self.worker._check = lambda: None  # type: ignore[method-assign]

    def make(self, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            busy = self.worker.step()
            under_way = self.worker._held or self.worker._working
            if not busy and not under_way and not self.worker._fetching:
                return
            time.sleep(0.005)
        raise AssertionError("the worker does not come to rest")


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    made = Rounds()
    yield made
    made.worker._senders.shutdown()
    made.worker._hang_up_threads()
    made.worker._sleep.close()


def queue(contact: Any, text: str = "Olá", **over: Any) -> Message:
    """A message that an operator has written and that waits for its gateway."""
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
    """As if the time until the next try had passed, and its account's pause."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chats_delivery SET next_at = now() WHERE message_id = %s",
            [message.pk],
        )
        cursor.execute("UPDATE chats_gatewayaccount SET paused_until = NULL")
