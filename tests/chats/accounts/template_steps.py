"""Fetching and listing templates in tests."""

from __future__ import annotations

import json

from django.utils import timezone

from chats.models import TemplateFetch
from tests.chats.conftest import CLOUD_PHONE

WABA = "102290129340398"


SENDABLE = [
    "boas_vindas",
    "pedido_chegou",
    "pesquisa_satisfacao",
    "retomar_conversa",
]


def name_business(manager, **over):
    options = {
        "phoneNumberId": CLOUD_PHONE,
        "token": "tok",
        "appSecret": "own",
        "wabaId": WABA,
    }
    manager.gateway_settings = json.dumps(options | over)
    manager.save()


def run(rounds):
    """Runs the worker's two tasks about templates and the tasks that they create."""
    for name in ("accounts", "template accounts", "templates"):
        rounds.worker._dues.pop(name, None)
    rounds.make()


def fetch():
    return TemplateFetch.objects.get()


def make_due():
    TemplateFetch.objects.update(next_at=timezone.now())


def listed(api, manager):
    answer = api.post("/api/user/templates", {"number": manager.number})
    assert answer.status_code == 200
    return answer.json()["data"]["templates"]


def names(api, manager):
    return [one["name"] for one in listed(api, manager)]


def asked(fake):
    return len([r for r in fake.requests if "message_templates" in r.path])
