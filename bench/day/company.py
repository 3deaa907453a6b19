"""The benchmark's companies: a provisioning file, and signed-in operators."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from servers import Product

TOKEN, SECRET = "bench-token", "bench-secret"
FIRST_NUMBER, FIRST_PHONE, FIRST_PORT = 551140100000, 700100, 9100
# The first two areas assign automatically; in the last one operators claim.
AREAS = ("suporte", "vendas", "financeiro")
CLAIMED = "financeiro"
_MENU = {
    "greeting": "{saudacao} {nome}! Aqui é o atendimento da {empresa}.",
    "fallback": AREAS[0],
    "steps": [
        {
            "code": "inicio",
            "text": "Como podemos ajudar?",
            "options": [
                {"key": key, "title": code, "do": "area", "area": code}
                for key, code in enumerate(AREAS, start=1)
            ],
        }
    ],
}
# Sessions like those of a sign-in, which would spend minutes on hashing passwords.
_SESSIONS = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from areas.models import Operator
store = import_module(settings.SESSION_ENGINE).SessionStore
found = []
for operator in Operator.objects.select_related("user", "manager").order_by("pk"):
    session = store()
    session[auth.SESSION_KEY] = str(operator.user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = operator.user.get_session_auth_hash()
    session.save()
    found.append([operator.pk, operator.manager.number, session.session_key])
print(json.dumps([settings.SESSION_COOKIE_NAME, found]))
"""


@dataclass(frozen=True, slots=True)
class Manager:
    """A company's number, the id that the Cloud API has for it, and its port."""

    number: int
    phone: str
    port: int


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's id, his company, and the cookie of his session."""

    id: str
    manager: Manager
    cookie: str


def managers(count: int) -> list[Manager]:
    return [
        Manager(FIRST_NUMBER + n, str(FIRST_PHONE + n), FIRST_PORT + n)
        for n in range(count)
    ]


def provisioning(count: int, operators: int) -> dict[str, Any]:
    """Returns a provisioning file; the operators are divided among the companies."""
    return {
        "managers": [
            {
                "name": f"Empresa {n}",
                "number": manager.number,
                "controllerPort": str(manager.port),
                "gateway": "whatsapp_cloud",
                "gatewaySettings": {"phoneNumberId": manager.phone, "token": TOKEN},
                "areas": [
                    {
                        "code": code,
                        "name": code.title(),
                        "policy": {"assign": "off" if code == CLAIMED else "fewest"},
                    }
                    for code in AREAS
                ],
                "policy": {"slaQueue": 300, "slaReply": 900},
                "menu": _MENU,
                "operators": [
                    {"username": f"op{n}x{k}", "name": f"Op {k}", "areas": [*AREAS]}
                    for k in range(operators // count)
                ],
            }
            for n, manager in enumerate(managers(count))
        ]
    }


def make(
    product: Product, folder: Path, count: int, operators: int
) -> tuple[list[Manager], list[Operator]]:
    """Provisions the companies and signs their operators in."""
    file = folder / "day.json"
    file.write_text(json.dumps(provisioning(count, operators)))
    product.manage("provision", str(file))
    name, rows = json.loads(product.manage("shell", "-v0", "-c", _SESSIONS))
    made = {each.number: each for each in managers(count)}
    people = [Operator(str(pk), made[m], f"{name}={key}") for pk, m, key in rows]
    return [*made.values()], people
