"""Clients of a centre that repeat each call until it is acknowledged."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections import Counter
from typing import Any

# The longest that a caller waits for an answer.
PATIENCE = 10.0
STEP, SEND, OUT = (
    "/api/user/contact/sa/increase",
    "/api/chat/message/send",
    "/api/chat/message/send/operator/{port}",
)

CUSTOMERS = """
import json
from tests import builders
manager = builders.make_manager(
    number={number}, controller_port={port}, facebook_id=None
)
area = builders.make_area(manager, "vendas")
ana = builders.make_operator(manager, area, name="ana{number}-")
contacts = [
    builders.make_contact(manager, external_id=str({first} + n), sa=0, area=area,
                          operator=ana, protocol="{number}-" + str(n))
    for n in range({contacts})
]
for contact in contacts:
    builders.make_chat(contact)
print(json.dumps({{
    "manager": manager.pk, "key": builders.make_key(manager, name="callers {number}"), "ana": str(ana.pk),
    "contacts": [contact.pk for contact in contacts],
    "number": {number}, "port": {port},
}}))
"""
FIRST = 551130000000


def customers(number: int, port: int, contacts: int) -> str:
    """Returns the script for the centre's shell that creates their contacts."""
    return CUSTOMERS.format(number=number, port=port, first=FIRST, contacts=contacts)


class Callers:
    """Threads that each write to a contact: customers, a counting bot and operators.

    A customer sends 1, 2, 3 and so on.
    """

    def __init__(self, web_port: int, rows: Any) -> None:
        self.web_port, self.rows = web_port, rows
        self.number, self.port = rows["number"], rows["port"]
        contacts = len(rows["contacts"])
        self.statuses: Counter[int] = Counter()
        self.wrong: list[Any] = []
        self.slowest = 0.0
        self.latest = 0.0
        self.done = [[0, 0, 0] for _ in range(contacts)]
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self._go_on, args=(place, kind))
            for place in range(contacts)
            for kind in range(3)
        ]

    @property
    def acknowledged(self) -> int:
        return sum(map(sum, self.done))

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Returns when each client's last call is acknowledged."""
        self._stopped.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def _go_on(self, place: int, kind: int) -> None:
        while not self._stopped.is_set():
            said = self.done[place][kind] + 1
            call = (self._customer, self._step, self._operator)[kind](place, said)
            until = time.monotonic() + 60
            while not self._ask(*call, key=f"{place}-{kind}-{said}"):
                assert time.monotonic() < until, "never acknowledged"
                time.sleep(0.05)
            self.done[place][kind] = said

    def _customer(self, place: int, said: int) -> tuple[str, str, dict[str, Any]]:
        phone = FIRST + place
        body = {"managerNumber": self.number, "contactNumber": phone, "from": phone}
        more = {"type": "text", "content": str(said), "messageId": f"{place}-{said}"}
        return "POST", SEND, body | more

    def _step(self, place: int, _said: int) -> tuple[str, str, dict[str, Any]]:
        return "PUT", STEP, {"number": self.number, "contactId": FIRST + place}

    def _operator(self, place: int, said: int) -> tuple[str, str, dict[str, Any]]:
        text = base64.b64encode(str(said).encode()).decode()
        body = {"contactNumber": FIRST + place, "content": text}
        body["operatorId"] = self.rows["ana"]
        return "POST", OUT.format(port=self.port), body

    def _ask(self, method: str, path: str, body: dict[str, Any], key: str) -> bool:
        """Returns whether it was acknowledged; any other response must be temporary."""
        began = time.monotonic()
        client = http.client.HTTPConnection(
            "127.0.0.1", self.web_port, timeout=PATIENCE
        )
        headers = {
            "Authorization": f"Api-Key {self.rows['key']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            client.request(method, path, json.dumps(body), headers)
            answer = client.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._note(0, [repr(error)], began)
            return False
        finally:
            client.close()
        is_refused = answer.status == 503 and "Retry-After" in answer.headers
        if answer.status == 200 and told["success"] is True:
            self._note(200, [], began)
            return True
        is_refused &= told.get("error", {}).get("code") == "unavailable"
        self._note(answer.status, [] if is_refused else [told], began)
        return False

    def _note(self, status: int, wrong: list[Any], began: float) -> None:
        now = time.monotonic()
        with self._lock:
            self.statuses[status] += 1
            self.wrong += wrong
            self.slowest = max(self.slowest, now - began)
            if status == 200:
                self.latest = now
