"""Alerts about accounts are logged once and reported to every health probe."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from chats.accounts import alerts
from chats.accounts.health import check, due_checks, ensure_accounts, store_check
from chats.models import Delivery, GatewayAccount
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.errors import LackingError
from tests.chats.conftest import make_due, queue

pytestmark = pytest.mark.django_db

KEY = "canary-of-the-instance"


@pytest.fixture
def evolution(manager, contact):
    with FakeEvolution(instance="padaria", key=KEY) as fake:
        fake.people.add(contact.external_id)
        manager.gateway = "evolution"
        manager.gateway_settings = json.dumps(
            {"url": fake.url, "instance": "padaria", "apikey": KEY}
        )
        manager.save()
        yield fake


@pytest.fixture
def logged(caplog):
    """Returns our own log messages of at least a level since the last call."""
    caplog.set_level(logging.INFO)

    def lines(level):
        found = [
            record.getMessage()
            for record in caplog.records
            if record.levelno >= level and record.name.startswith("chats")
        ]
        caplog.clear()
        return found

    return lines


def minutes_pass(minutes):
    for delivery in Delivery.objects.filter(done_at=None):
        delivery.queued_at = timezone.now() - timedelta(minutes=minutes)
        delivery.save()


def probe():
    """Returns the result of a health probe, within this test's transaction."""
    close, connection.close = connection.close, lambda: None
    try:
        return alerts.check()
    except LackingError as lack:
        return str(lack)
    finally:
        connection.close = close


def test_refused_credentials_raise_one_alert_at_once(
    manager, contact, evolution, rounds, logged
):
    queue(contact)
    evolution.faults.append(faults.reply(401, {"error": "Unauthorized"}))
    rounds.make()
    alerts.watch()
    name = f"whatsapp:{manager.pk}"
    assert logged(logging.WARNING) == [
        f"{name}: sends are held (not_authorized)",
        f"{name}: nothing leaves (not_authorized); its access or session must be "
        "renewed",
    ]
    make_due(Delivery.objects.get().message)
    evolution.faults.append(faults.reply(401, {"error": "Unauthorized"}))
    rounds.make()
    alerts.watch()
    assert logged(logging.WARNING) == []
    assert probe() == f"nothing leaves: {name} not_authorized"


def test_a_temporary_problem_raises_an_alert_after_five_minutes(
    manager, contact, evolution, rounds, logged
):
    message = queue(contact)
    evolution.faults.append(
        faults.reply(400, {"response": {"message": ["Error: Connection Closed"]}})
    )
    rounds.make()
    alerts.watch()
    assert logged(logging.WARNING) == [
        f"whatsapp:{manager.pk}: sends are held (not_connected)"
    ]
    assert probe() == "ok"
    minutes_pass(6)
    alerts.watch()
    assert len(logged(logging.ERROR)) == 1
    assert probe() == f"nothing leaves: whatsapp:{manager.pk} not_connected"
    make_due(message)
    rounds.make()
    alerts.watch()
    assert logged(logging.INFO)[-1] == f"whatsapp:{manager.pk}: messages leave again"
    assert probe() == "ok"


def test_a_session_reported_as_open_does_not_end_an_alert(
    manager, contact, evolution, rounds, logged
):
    """Evolution may report `open` while nothing can be sent."""
    queue(contact)
    evolution.faults.append(
        faults.reply(400, {"response": {"message": ["Error: Connection Closed"]}})
    )
    rounds.make()
    minutes_pass(6)
    alerts.watch()
    logged(logging.ERROR)
    ensure_accounts()
    GatewayAccount.objects.update(state="closed", checked_at=timezone.now())
    for due in due_checks(10):
        store_check(check(rounds.worker.drivers, due))
    logged(logging.INFO)
    account = GatewayAccount.objects.get(channel="whatsapp")
    assert (account.state, account.paused_until) == ("open", None)
    alerts.watch()
    assert logged(logging.INFO) == []
    assert probe() == f"nothing leaves: whatsapp:{manager.pk} waiting"


def test_each_change_of_a_session_is_logged_once(manager, controller, rounds, logged):
    ensure_accounts()
    manager.facebook_id = None
    manager.save()
    for state in ("open", "closed", "closed", "open"):
        controller.state = state
        for due in due_checks(10):
            if due.ref.channel == "whatsapp":
                store_check(check(rounds.worker.drivers, due))
        GatewayAccount.objects.update(next_check_at=timezone.now())
    name = f"whatsapp:{manager.pk}"
    changes = [line for line in logged(logging.INFO) if ": session " in line]
    assert changes == [
        f"{name}: session open",
        f"{name}: session closed",
        f"{name}: session open",
    ]


@pytest.mark.django_db(transaction=True)
def test_readiness_is_degraded_and_names_the_account(manager, contact):
    ensure_accounts()
    GatewayAccount.objects.filter(channel="whatsapp").update(
        pause_code="restricted", alarmed_at=timezone.now()
    )
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    expected = f"whatsapp:{manager.pk} restricted"
    assert expected in answer.json()["checks"]["gateways"]


def test_no_alert_contains_a_secret(manager, contact, evolution, rounds, caplog):
    caplog.set_level(logging.DEBUG)
    queue(contact)
    evolution.faults.append(
        faults.reply(401, {"response": {"message": f"bad key {KEY}"}})
    )
    rounds.make()
    alerts.watch()
    assert "nothing leaves" in caplog.text
    assert KEY not in caplog.text
    assert KEY not in probe()
