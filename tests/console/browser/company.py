"""A small company with customers, for the tests in a browser."""

from __future__ import annotations

import itertools
import struct
from base64 import b64encode
from typing import Any

import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from areas.models import Operator
from areas.provisioning.applying import provision
from contacts.models import Contact
from managers.models import Manager
from tests import builders

PASSWORD = "secret-password"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m"
    "NkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_RATE = 8000
# A second of silence.
WAVE = "data:audio/wav;base64," + b64encode(
    struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + _RATE, b"WAVE", b"fmt ", 16, 1, 1, _RATE,
        _RATE, 1, 8, b"data", _RATE,
    ) + b"\x80" * _RATE
).decode()  # fmt: skip
_LISTS: dict[str, Any] = {
    "closingReasons": [
        {"code": "resolvido", "name": "Resolvido"},
        {"code": "engano", "name": "Engano"},
    ],
    "transferReasons": [{"code": "outra_area", "name": "Assunto de outra área"}],
    "pauseReasons": [{"code": "almoco", "name": "Almoço", "minutes": 60}],
    "tags": [
        {"code": "vip", "name": "VIP", "colour": "#b45309"},
        {"code": "orcamento", "name": "Orçamento", "colour": "#2563eb"},
    ],
    "replies": [
        {
            "shortcut": "aguarde",
            "title": "Um momento",
            "text": "Só um instante, {nome}, já estou verificando.",
        }
    ],
}
_messages = itertools.count(1)


class Company:
    """A manager with two areas and three operators, and actions of its customers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.manager: Manager = builders.make_manager(
            name="Padaria Estrela", number=5511400011111, facebook_id=None
        )
        self.sales = builders.make_area(self.manager, "vendas", name="Vendas")
        self.support = builders.make_area(self.manager, "suporte", name="Suporte")
        areas = [
            {"code": one.code, "name": one.name} for one in (self.sales, self.support)
        ]
        number = self.manager.number
        provision(
            [{"name": "Padaria Estrela", "number": number, "areas": areas, **_LISTS}]
        )
        self.manager.refresh_from_db()
        self.ana = self._operator(1, "Ana Lima", self.sales, self.support)
        self.bruno = self._operator(2, "Bruno Dias", self.sales, self.support)
        self.carla = self._operator(3, "Carla Reis", self.support)
        self.key = builders.make_key(self.manager)

    def _operator(self, number: int, name: str, *areas: Any) -> Operator:
        # The colour of a picture comes from the id, which is always the same therefore.
        pk = 1_000_000 + number
        operator = builders.make_operator(self.manager, *areas, name=name, pk=pk)
        operator.user.username = name.split()[0].lower()
        # As the web server, which knows no other hasher, would store it; but cheaply.
        operator.user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1)
        operator.user.save()
        return operator

    def customer(self, name: str, text: str | None = "Oi!", **over: Any) -> Contact:
        """Creates a queued customer, with a message unless `text` is None."""
        contact = builders.make_contact(
            self.manager, **{"name": name, "area": self.sales} | over
        )
        if text is not None:
            self.say(contact, text)
        return contact

    def say(self, contact: Contact, text: str, **more: Any) -> None:
        """Has the customer write, as the gateway reports it."""
        number = int(contact.external_id)
        body = {
            "managerNumber": self.manager.number,
            "contactNumber": number,
            "from": number,
            "type": "text",
            "content": text,
            "messageId": f"test-{next(_messages)}",
        }
        self.call("POST", "/api/chat/message/send", body | more)

    def call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Calls the API with the company's key."""
        answer = requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Api-Key {self.key}"},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def act(self, path: str, contact: Contact, operator: Operator, **more: Any) -> Any:
        """Performs an operator's action on a customer's chat."""
        body = {
            "number": self.manager.number,
            "contactId": int(contact.external_id),
            "operatorId": str(operator.pk),
        }
        return self.call("PUT", path, body | more)

    def ask(
        self, method: str, path: str, contact: Contact, **more: Any
    ) -> tuple[int, str]:
        """Performs another program's action on a customer's chat; may be refused."""
        body = {"number": self.manager.number, "contactId": int(contact.external_id)}
        answer = requests.request(
            method,
            f"{self.url}{path}",
            json=body | more,
            headers={"Authorization": f"Api-Key {self.key}"},
            timeout=20,
        )
        return answer.status_code, answer.text

    def claim(self, contact: Contact, operator: Operator) -> None:
        self.act("/api/user/contact/operator/my", contact, operator)


def execute(statement: str, *values: Any) -> None:
    """Runs SQL, as with psql."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def asked(question: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row = cursor.fetchone()
    return None if row is None else row[0]
