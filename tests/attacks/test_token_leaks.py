"""Tokens never leak: canary values are searched for in logs, rows and responses."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from chats.accounts.registry import webhook_path
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.demo.gateways.messenger import FakeMessenger
from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.chats.conftest import queue
from tests.conftest import Api

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "canary-7f3a9"
PAGE_TOKEN, OWN_TOKEN, API_KEY = (f"{CANARY}-{n}" for n in ("page", "own", "key"))


@pytest.fixture
def page(manager, settings):
    settings.META_APP_SECRET = "sesame"
    manager.facebook_token = PAGE_TOKEN
    manager.save()
    with FakeMessenger(page=manager.facebook_id, token=PAGE_TOKEN, secret="s") as fake:
        settings.GRAPH_URL = fake.url
        yield fake


@pytest.fixture
def evolution(manager):
    with FakeEvolution(instance="padaria", key=API_KEY) as fake:
        manager.gateway = "evolution"
        manager.gateway_settings = json.dumps(
            {"url": fake.url, "instance": "padaria", "apikey": API_KEY}
        )
        manager.save()
        yield fake


def every_row():
    """Yields the table and text of every row of the database, as in a dump."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608 - of names
            for (row,) in cursor.fetchall():
                yield table, row


def test_no_log_row_page_or_response_contains_a_token(
    manager, ana, contact, page_contact, page, evolution, rounds, caplog, api
):
    administrator = builders.User.objects.create_superuser("root", password="x")
    page.people[page_contact.external_id] = timezone.now()
    echoing = {"error": {"code": 190, "message": f"Malformed token {PAGE_TOKEN}"}}
    with caplog.at_level(logging.DEBUG):
        api.post(
            "/api/chat/message/send/operator/facebook",
            {
                "content2": "Olá",
                "operatorId": str(ana.pk),
                "contactId": page_contact.external_id,
                "token": OWN_TOKEN,
            },
        )
        rounds.make()
        for fault in (
            None,
            faults.cut_after(),
            faults.reply(400, echoing),
        ):
            page.faults.append(fault)
            queue(page_contact)
            rounds.make()
        evolution.people.add(contact.external_id)
        evolution.faults.append(
            faults.reply(401, {"response": {"message": f"key {API_KEY}"}})
        )
        queue(contact)
        rounds.make()
        event = evolution.inbound(f"{contact.external_id}@s.whatsapp.net", "Oi")
        Client().post(
            webhook_path("evolution", manager.pk),
            json.dumps(event),
            content_type="application/json",
        )
        rounds.make()
    assert page.delivered
    assert CANARY not in caplog.text
    assert [table for table, row in every_row() if CANARY in row] == []

    blind = Api(builders.make_key(manager, secrets=False))
    for path, body in (
        ("/api/user/", {"number": manager.number}),
        ("/api/user/session", {"number": manager.number}),
        (
            "/api/chat/message",
            {"operatorId": "0", "contactId": page_contact.external_id},
        ),
    ):
        assert CANARY not in blind.post(path, body).content.decode()

    office = sign_in_to_admin(administrator)
    for path in (
        "/admin/",
        f"/admin/managers/manager/{manager.pk}/change/",
        "/admin/chats/gatewayaccount/",
        "/admin/chats/inboundevent/",
        "/admin/chats/message/",
    ):
        answer = office.get(path)
        assert answer.status_code == 200
        assert CANARY not in answer.content.decode()
