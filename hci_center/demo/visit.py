"""Simulates a customer's visit from greeting to rating, from time to time.

An operator signs in and is online during the visit: he is assigned the customer,
replies and closes the chat. All through the API and the feed, like a console.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from django.db import Error, connection, transaction
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from areas.models import Operator
from contacts.models import Channel, Contact
from hci_center.audit.database import name_actor
from hci_center.demo.gateways.run import DemoGateways
from hci_center.demo.rules import ALWAYS_OPEN
from managers.models import Manager

logger = logging.getLogger(__name__)

# Seconds until the first visit, between two, and until a visit is abandoned.
FIRST_AFTER, EVERY, PATIENCE = 15.0, 180.0, 90.0
# Between the operator's messages; the customer answers within.
TYPING = 7.0
FIRST_CUSTOMER, CUSTOMERS = 5511980000000, 9_999_999
SAID = (
    "Olá! Já vi aqui o seu caso, só um instante.",
    "Prontinho, está resolvido. Qualquer coisa é só chamar!",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A signed-in operator of a company: his session and the data for replies."""

    operator: Operator
    http: requests.Session
    us: str

    def call(self, method: str, name: str, body: dict[str, Any]) -> None:
        """Calls the API; raises RequestException for an error."""
        address = f"{self.us}/api/{name}"
        self.http.request(method, address, json=body, timeout=10).raise_for_status()


class Visits(threading.Thread):
    """Simulates visits to the first company with a controller."""

    def __init__(
        self, gateways: DemoGateways, us: str, stopped: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self._gateways, self._us, self._stopped = gateways, us, stopped
        # Of the operators who have signed in, by their ids.
        self._passwords: dict[int, str] = {}

    def run(self) -> None:
        wait = FIRST_AFTER
        while not self._stopped.wait(wait):
            wait = EVERY
            try:
                self._visit()
            except (OSError, WebSocketException, Error) as error:
                logger.warning("a visit of the demonstration has failed: %s", error)
            finally:
                connection.close()

    def _visit(self) -> None:
        manager = Manager.objects.filter(
            is_demo=True, has_automation=True, controller_port__isnull=False
        ).first()
        if manager is None or manager.number is None:
            return
        operator = (
            Operator.objects.select_related("user")
            .filter(manager=manager, is_active=True, areas__code=ALWAYS_OPEN)
            # The first one may be in use: he is shown at the first start.
            .exclude(pk=Operator.objects.order_by("pk").values("pk")[:1])
            .order_by("-pk")
            .first()
        )
        if operator is None:
            return
        desk = self._sign_in(operator)
        ticket = desk.http.post(f"{self._us}/api/socket", timeout=10).json()["data"]
        with connect(ticket["url"]) as socket:
            hello = {"t": "hi", "ticket": ticket["ticket"], "e": None, "c": None}
            socket.send(json.dumps(hello))
            # Unread frames would keep pings from being answered.
            threading.Thread(target=_drain, args=[socket], daemon=True).start()
            self._serve(desk, manager)

    def _sign_in(self, operator: Operator) -> Desk:
        """Signs the operator in with a password that nobody else knows."""
        password = self._passwords.pop(operator.pk, None)
        if password is None:
            password = secrets.token_urlsafe(16)
            operator.user.set_password(password)
            with transaction.atomic():
                name_actor()
                operator.user.save(update_fields=["password"])
        http = requests.Session()
        http.get(f"{self._us}/api/session", timeout=10)
        http.headers["X-CSRFToken"] = http.cookies["csrftoken"]
        person = {"username": operator.user.username, "password": password}
        answer = http.post(f"{self._us}/api/session", json=person, timeout=10)
        answer.raise_for_status()
        # If somebody has set another one, the next visit sets it anew.
        self._passwords[operator.pk] = password
        http.headers["X-CSRFToken"] = answer.json()["data"]["csrfToken"]
        return Desk(operator, http, self._us)

    def _serve(self, desk: Desk, manager: Manager) -> None:
        """Simulates a customer, and replies once the rules have assigned him."""
        number = manager.number or 0
        customer = FIRST_CUSTOMER + random.randrange(CUSTOMERS)  # noqa: S311 - no secret
        self._gateways.customer_writes(number, customer, "Oi, boa tarde!")
        if not self._is_given(desk, number, customer):
            return
        send = f"chat/message/send/operator/{manager.controller_port}"
        who = {"operatorId": str(desk.operator.pk), "contactId": customer}
        for text in SAID:
            self._stopped.wait(TYPING)
            desk.call("POST", send, who | {"content2": text})
        self._stopped.wait(TYPING)
        body = {"number": number, "reason": "resolvido"}
        desk.call("PUT", "chat/close", who | body)

    def _is_given(self, desk: Desk, number: int, customer: int) -> bool:
        """Waits until the operator has the customer; the menu may lead elsewhere."""
        given_up = time.monotonic() + PATIENCE
        held = Contact.objects.filter(
            manager__number=number,
            channel=Channel.WHATSAPP,
            external_id=str(customer),
            operator=desk.operator,
        )
        while time.monotonic() < given_up and not self._stopped.wait(1.0):
            if held.exists():
                return True
        return False


def _drain(socket: ClientConnection) -> None:
    """Reads and drops frames until the socket is closed, by whatever."""
    with suppress(WebSocketException):
        for _frame in socket:
            pass
