"""Gateway sessions are checked, keep a history, and pause sends on problems."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chats.accounts.health import (
    check,
    due_checks,
    ensure_accounts,
    record,
    store_check,
)
from chats.gateways.base import Health
from chats.models import GatewayAccount, SessionChange
from hci_center.demo.gateways import faults
from tests.chats.conftest import make_due, queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def check_due(rounds):
    """Checks every session that is due and returns their number."""

    def check_all():
        checks = due_checks(100)
        for due in checks:
            store_check(check(rounds.worker.drivers, due))
        return len(checks)

    return check_all


def on_whatsapp():
    return GatewayAccount.objects.get(channel="whatsapp")


def later(seconds):
    for account in GatewayAccount.objects.all():
        account.next_check_at -= timedelta(seconds=seconds)
        account.save()


def test_each_number_and_page_has_a_session(manager, other_manager):
    other_manager.facebook_id = None
    other_manager.save()
    ensure_accounts()
    ensure_accounts()
    assert set(GatewayAccount.objects.values_list("manager_id", "channel")) == {
        (manager.pk, "whatsapp"),
        (manager.pk, "facebook"),
        (other_manager.pk, "whatsapp"),
    }


def test_it_is_checked_once_a_minute_and_more_often_while_messages_wait(
    manager, contact, controller, check_due
):
    manager.facebook_id = None
    manager.save()
    ensure_accounts()
    assert check_due() == 1
    assert check_due() == 0
    later(59)
    assert check_due() == 0
    later(1)
    assert check_due() == 1
    queue(contact)
    later(60)
    assert check_due() == 1
    later(15)
    assert check_due() == 1


def test_the_file_size_limit_is_kept_while_the_gateway_is_away(
    manager, controller, check_due, settings
):
    controller.largest = 16_000_000
    ensure_accounts()
    check_due()
    assert on_whatsapp().largest_file == 16_000_000
    settings.CONTROLLER_URL = "http://127.0.0.1:1"
    later(60)
    check_due()
    assert on_whatsapp().state == "closed"
    assert on_whatsapp().largest_file == 16_000_000


@pytest.mark.parametrize(
    ("reported", "known"),
    [
        (None, None),
        (0, None),
        (-1, None),
        (True, None),
        ("16", None),
        (1.5, None),
        (10**30, 2**31 - 1),
    ],
)
def test_an_invalid_file_size_limit_is_ignored(
    manager, controller, check_due, reported, known
):
    record(manager.pk, "whatsapp", Health("open", largest_file=7))
    controller.largest = reported
    check_due()
    assert on_whatsapp().largest_file == known


def test_changes_of_a_session_are_stored_as_history(manager, controller, check_due):
    manager.facebook_id = None
    manager.save()
    ensure_accounts()
    for state in ("open", "open", "qr", "closed", "open"):
        controller.state = state
        check_due()
        later(60)
    states = SessionChange.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["open", "qr", "closed", "open"]
    assert on_whatsapp().idempotent


def test_the_history_is_append_only(manager, contact, other_manager):
    for each in (manager, other_manager):
        record(each.pk, "whatsapp", Health("open"))
    changes = SessionChange.objects.filter(account__manager=manager)
    for change in (changes.delete, lambda: changes.update(state="closed")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert changes.get().state == "open"
    # A manager without contacts has no history.
    GatewayAccount.objects.filter(manager=other_manager).delete()
    assert SessionChange.objects.get() == changes.get()


def test_a_session_that_opens_again_sends_its_messages(
    manager, contact, controller, check_due, rounds
):
    controller.state = "closed"
    message = queue(contact)
    rounds.make()
    assert on_whatsapp().paused_until > timezone.now()
    later(60)
    check_due()
    assert on_whatsapp().state == "closed"
    assert on_whatsapp().paused_until is not None
    controller.state = "open"
    later(60)
    check_due()
    assert on_whatsapp().paused_until is None
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"


@pytest.mark.parametrize(
    ("status", "reported", "least"),
    [(503, {"Retry_After": "30"}, 25), (401, {}, 55), (302, {"Location": "/"}, 1)],
)
def test_an_open_session_that_refuses_messages_stays_paused(
    manager, contact, controller, check_due, rounds, status, reported, least
):
    ensure_accounts()
    check_due()
    refusal = {"error": {"message": "not now"}}
    controller.faults.append(faults.reply(status, refusal, **reported))
    message = queue(contact)
    rounds.make()
    # The check is due at once, whatever its result.
    assert check_due() >= 1
    left = (on_whatsapp().paused_until - timezone.now()).total_seconds()
    assert on_whatsapp().state == "open"
    assert least < left
    rounds.make()
    message.refresh_from_db()
    assert (message.status, controller.delivered) == ("wait", [])
    assert message.error
    make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_session_of_another_phone_number_pauses_sends(
    manager, contact, controller, check_due, rounds
):
    controller.number = 5521900000000
    ensure_accounts()
    check_due()
    account = on_whatsapp()
    assert account.state == "closed"
    assert "5521900000000" in account.reason
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert (message.status, controller.delivered) == ("wait", [])
    assert message.error == account.reason


def test_the_ninth_digit_does_not_make_another_phone_number(
    manager, controller, check_due
):
    manager.number = 5511987654321
    manager.save()
    controller.number = 551187654321
    ensure_accounts()
    check_due()
    assert on_whatsapp().state == "open"
