"""A session's QR code is requested on demand, never by periodic checks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chats.accounts.health import (
    check,
    due_checks,
    ensure_accounts,
    request_qr,
    store_check,
    store_reported,
)
from chats.gateways.base import Health
from chats.models import GatewayAccount
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

QR = "2@qr-of-evolution"


@pytest.fixture
def check_due(rounds):
    """Checks every session that is due, as the worker does."""

    def check_all():
        for due in due_checks(100):
            store_check(check(rounds.worker.drivers, due))

    return check_all


@pytest.fixture
def account(manager, evolution):
    manager.facebook_id = None
    manager.save()
    evolution.state = "close"
    ensure_accounts()
    return GatewayAccount.objects.get()


@pytest.fixture
def closed(account, check_due):
    """Returns a session whose check has found it closed."""
    check_due()
    return account


def later(seconds):
    for one in GatewayAccount.objects.all():
        one.next_check_at -= timedelta(seconds=seconds)
        one.checked_at -= timedelta(seconds=seconds)
        one.save()


def requests_of(evolution):
    return [r.path.split("/")[2] for r in evolution.requests]


@pytest.mark.parametrize("state", ["close", "connecting", "open"])
def test_a_periodic_check_starts_no_connection(account, evolution, check_due, state):
    evolution.state = state
    check_due()
    later(60)
    check_due()
    assert requests_of(evolution) == ["connectionState", "connectionState"]
    assert evolution.connections == 0


def test_requesting_the_session_returns_its_qr(closed, evolution, check_due, api):
    body = {"number": closed.manager.number}
    first = api.post("/api/user/session", body).json()["data"]
    assert (first["state"], first["qr"]) == ("closed", None)
    later(5)
    check_due()
    then = api.post("/api/user/session", body).json()["data"]
    assert (then["state"], then["qr"]) == ("qr", QR)
    assert evolution.connections == 1


def test_simultaneous_requests_ask_the_gateway_once(closed, evolution, check_due, api):
    body = {"number": closed.manager.number}
    for _ in range(5):
        api.post("/api/user/session", body)
    check_due()
    assert "connect" not in requests_of(evolution)  # it was checked just before
    later(5)
    for _ in range(5):
        check_due()
    assert requests_of(evolution).count("connect") == 1


def test_reading_the_session_starts_no_connection(closed, evolution, check_due, api):
    body = {"number": closed.manager.number, "connect": False}
    api.post("/api/user/session", body)
    later(60)
    check_due()
    assert "connect" not in requests_of(evolution)


def test_an_operator_cannot_connect_the_gateway(closed, evolution, check_due, ana):
    signed_in(ana.user).post("/api/user/session", {"number": closed.manager.number})
    later(60)
    check_due()
    assert "connect" not in requests_of(evolution)


def test_a_session_that_is_open_is_not_asked_for_a_qr(account, evolution, check_due):
    evolution.state = "open"
    check_due()
    assert not request_qr(account.manager_id)


def test_a_gateway_without_a_qr_is_not_asked(closed):
    closed.manager.gateway = "whatsapp_cloud"
    closed.manager.save()
    assert not request_qr(closed.manager_id)


def test_a_session_that_opened_meanwhile_is_returned_as_open(
    closed, evolution, check_due
):
    request_qr(closed.manager_id)
    evolution.state = "open"
    later(5)
    check_due()
    assert GatewayAccount.objects.get().state == "open"


def test_a_refused_connection_is_reported_with_its_reason(closed, evolution, check_due):
    evolution.key = "another"
    request_qr(closed.manager_id)
    later(5)
    check_due()
    found = GatewayAccount.objects.get()
    assert (found.state, found.qr) == ("closed", "")
    assert "Unauthorized" in found.reason


def test_a_periodic_check_keeps_an_unscanned_qr(closed, evolution, check_due):
    evolution.state = "connecting"
    store_reported(closed.manager_id, "whatsapp", Health("qr", "scan", "2@x"))
    later(60)
    check_due()
    found = GatewayAccount.objects.get()
    assert (found.state, found.qr) == ("qr", "2@x")
    evolution.state = "close"
    later(60)
    check_due()
    found = GatewayAccount.objects.get()
    assert (found.state, found.qr) == ("closed", "")
