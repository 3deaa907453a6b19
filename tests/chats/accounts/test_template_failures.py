"""Templates that cannot be fetched."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.accounts import templates
from chats.accounts.health import ensure_accounts
from chats.accounts.registry import GatewayRegistry
from chats.models import ApprovedTemplate, GatewayAccount, TemplateFetch
from hci_center.background.models import BackgroundFault
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.cloud_templates import template
from tests import builders
from tests.chats.accounts.template_steps import (
    SENDABLE,
    asked,
    fetch,
    make_due,
    name_business,
    names,
    run,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failed_fetch_is_retried_and_keeps_the_templates(
    business, manager, rounds, api, monkeypatch
):
    run(rounds)
    monkeypatch.setattr(business, "is_send", lambda _request: True)
    for minutes in (1, 5, 15, 60, 60):
        business.faults.append(faults.cut())
        make_due()
        run(rounds)
        ahead = fetch().next_at - timezone.now()
        assert 0.85 < ahead / timedelta(minutes=minutes) < 1.15
    assert (fetch().failures, fetch().lease_until) == (5, None)
    assert fetch().error
    assert names(api, manager) == SENDABLE
    make_due()
    run(rounds)
    assert (fetch().failures, fetch().error) == (0, "")


def test_a_missing_permission_is_recorded(business, manager, rounds):
    name_business(manager, token="expired")
    run(rounds)
    assert "access" in fetch().error
    assert "expired" not in fetch().error


def test_undecryptable_settings_are_recorded(business, manager, rounds):
    run(rounds)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE managers_manager SET gateway_settings = 'gAAAAABmNobodyHasTheKey'"
        )
    run(rounds)
    assert "HCI_TOKEN_KEYS" in fetch().error
    assert asked(business) == 1


def test_an_unexpected_error_is_recorded_and_does_not_block_others(
    business, manager, rounds, api, monkeypatch
):
    other = builders.make_manager(number=5511400022222, controller_port=8099)
    other.gateway = "whatsapp_cloud"
    name_business(other)
    real, first = templates._fetch, []

    def broken(drivers, claimed):
        if not first:
            first.append(claimed)
            raise ValueError
        real(drivers, claimed)

    monkeypatch.setattr(templates, "_fetch", broken)
    run(rounds)
    states = TemplateFetch.objects.order_by("failures").values_list(
        "failures", flat=True
    )
    assert list(states) == [0, 1]
    assert BackgroundFault.objects.get().task == "templates"


def test_a_lease_that_has_expired_stores_nothing(business):
    ensure_accounts()
    templates.ensure_fetches()
    late = templates.claim()
    TemplateFetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    business.templates = [template("nova", "Olá")]
    templates.fetch_due(GatewayRegistry(), templates.claim())
    templates._store(late, [])
    assert ApprovedTemplate.objects.get().name == "nova"
    templates._store_failure(late, templates.Failed("cut", "late"))
    assert fetch().error == ""


def test_a_gateway_that_hangs_does_not_delay_messages(business, manager, rounds):
    """It does not delay the round either: the fetch runs in its own thread."""
    reached = threading.Event()

    def wait(request):
        if "message_templates" in request.path:
            reached.set()
            business.released.wait(10)
        return False

    business.is_send = wait
    ensure_accounts()
    templates.ensure_fetches()
    rounds.worker.step()
    assert reached.wait(10)
    rounds.worker.step()
    assert GatewayAccount.objects.exists()
    assert not ApprovedTemplate.objects.exists()
    business.released.set()
    rounds.make()
    assert ApprovedTemplate.objects.exists()
