"""A session state pushed by a gateway has the same effect as a checked one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chats.accounts import health
from chats.accounts.registry import webhook_path
from chats.models import GatewayAccount
from tests.chats.conftest import post, queue

pytestmark = pytest.mark.django_db(transaction=True)


def open_as(evolution, manager, number):
    event = {"state": "open", "statusReason": 200, "wuid": f"{number}@s.whatsapp.net"}
    return post(
        evolution,
        webhook_path("evolution", manager.pk),
        evolution.event("connection.update", event),
    )


def poll(rounds):
    GatewayAccount.objects.update(next_check_at=datetime.now(UTC))
    for due in health.due_checks(10):
        health.store_check(health.check(rounds.worker.drivers, due))


def test_a_pushed_number_of_another_phone_pauses_sends(
    evolution, manager, contact, rounds
):
    evolution.people.add(contact.external_id)
    open_as(evolution, manager, 5521900000000)
    rounds.make()
    message = queue(contact)
    rounds.worker._dues.pop("pauses", None)
    # The check does not return the phone number, so it does not end the pause.
    poll(rounds)
    rounds.make()
    account = GatewayAccount.objects.get(channel="whatsapp")
    assert (account.state, account.pause_code) == ("closed", "other_number")
    assert "5521900000000" in account.reason
    message.refresh_from_db()
    assert (message.status, evolution.delivered) == ("wait", [])
    assert message.error == account.pause_reason

    open_as(evolution, manager, manager.number)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    poll(rounds)
    account.refresh_from_db()
    assert (account.state, account.paused_until) == ("open", None)


def test_correcting_the_managers_number_resumes_sends(
    evolution, manager, contact, rounds
):
    evolution.people.add(contact.external_id)
    open_as(evolution, manager, 5521900000000)
    rounds.make()
    manager.number = 5521900000000
    manager.save()
    message = queue(contact)
    rounds.worker._dues.pop("pauses", None)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
