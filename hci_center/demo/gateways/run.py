"""The gateways of the demonstration, with simulated customers who reply.

One server acts as the controllers of all demo managers and as Meta. It reports through
the documented interfaces: controllers by the API with a key, Meta by a signed webhook.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings

from hci_center.demo.gateways.controller import FakeController
from hci_center.demo.gateways.messenger import FakeMessenger
from hci_center.demo.gateways.recorded import Delivered, Recorded, Reply
from hci_center.demo.gateways.server import FakeServer

logger = logging.getLogger(__name__)

# Seconds after which a demo customer receives, reads and answers a message.
DELIVERED_AFTER, READ_AFTER, ANSWERS_AFTER = 0.8, 2.0, 4.0
# Returns a customer's reply, or None.
AnswerTo = Callable[[Delivered], str | None]


class _Anyone(dict[str, datetime]):
    """A dict of customers in which everybody exists and has just written."""

    def __contains__(self, _person: object) -> bool:
        return True

    def __missing__(self, _person: str) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=1)


class DemoGateways(FakeServer):
    """`controllers` are the managers' numbers by port, `pages` their tokens by id.

    `answer_to` returns a customer's reply to a message, or None.
    """

    def __init__(
        self,
        port: int,
        *,
        us: str,
        key: str,
        controllers: dict[int, int],
        pages: dict[str, str],
        answer_to: AnswerTo = lambda _delivered: None,
    ) -> None:
        super().__init__(port)
        self._us, self._answer_to = us, answer_to
        self._controllers = {
            port: self._controller(number, key) for port, number in controllers.items()
        }
        self._pages = {page: self._page(page, token) for page, token in pages.items()}

    def _controller(self, number: int, key: str) -> FakeController:
        fake = FakeController()
        fake.number, fake.key, fake.webhook = number, key, self._us
        return fake

    def _page(self, page: str, token: str) -> FakeMessenger:
        fake = FakeMessenger(page=page, token=token, secret=settings.DEMO_APP_SECRET)
        fake.people = _Anyone()
        fake.webhook = f"{self._us}/webhooks/facebook"
        return fake

    def customer_writes(self, number: int, customer: int, text: str) -> None:
        """Sends a customer's message from the controller of a manager's number."""
        (fake,) = [each for each in self._controllers.values() if each.number == number]
        fake.post(
            {
                "managerNumber": number,
                "contactNumber": customer,
                "from": customer,
                "type": "text",
                "content": text,
                "messageId": f"demo-{uuid.uuid4()}",
            }
        )

    def is_send(self, request: Recorded) -> bool:
        # Received requests are not kept: this server runs for days.
        self.requests.clear()
        return False

    def answer(self, request: Recorded) -> Reply:
        controller = re.fullmatch(r"/controller/(\d+)(/.*)", request.path)
        if controller and int(controller[1]) in self._controllers:
            fake = self._controllers[int(controller[1])]
            inner = Recorded(
                request.method, controller[2], request.headers, request.body
            )
            reply = fake.answer(inner)
            self._react(fake, lambda sent, text: _written(fake, sent, text))
            return reply
        page = re.match(r"/v[\d.]+/(\w+)", request.path)
        if page and page[1] in self._pages:
            graph = self._pages[page[1]]
            reply = graph.answer(request)
            self._react(graph, lambda sent, text: graph.inbound(sent.to, text))
            return reply
        return Reply(404, {"error": {"code": 803, "message": "Unknown"}})

    def _react(
        self,
        fake: FakeController | FakeMessenger,
        written: Callable[[Delivered, str], dict[str, Any]],
    ) -> None:
        """Delivers the message to the customer, who answers after a while."""
        events, fake.events = fake.events, []
        delivered, fake.delivered = fake.delivered, []
        if not delivered:
            return
        steps = [
            (DELIVERED_AFTER, [n for n in events if not _is_read(n)]),
            (READ_AFTER, [n for n in events if _is_read(n)]),
        ]

        def report() -> None:
            begun = time.monotonic()
            for after, items in steps:
                time.sleep(max(0.0, begun + after - time.monotonic()))
                post(items)
            time.sleep(max(0.0, begun + ANSWERS_AFTER - time.monotonic()))
            texts = [(one, self._answer_to(one)) for one in delivered]
            post([written(one, text) for one, text in texts if text is not None])

        def post(items: list[dict[str, Any]]) -> None:
            for item in items:
                try:
                    fake.post(item)
                except requests.RequestException:
                    logger.warning("the web process does not answer the demonstration")

        threading.Thread(target=report, daemon=True).start()


def _is_read(event: dict[str, Any]) -> bool:
    return event.get("status") == "read" or "'read'" in str(event)


def _written(fake: FakeController, sent: Delivered, text: str) -> dict[str, Any]:
    return {
        "managerNumber": fake.number,
        "contactNumber": int(sent.to),
        "from": int(sent.to),
        "type": "text",
        "content": text,
        "messageId": f"demo-{sent.uuid}",
    }
