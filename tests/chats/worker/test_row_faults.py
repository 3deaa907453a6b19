"""An error in one row does not affect the worker or any other row."""

from __future__ import annotations

import json
import threading
import time

import pytest
from django.db import connection, connections

from chats.accounts import alerts, pauses
from chats.accounts.cloud_accounts import cloud_account
from chats.accounts.health import record
from chats.delivery import queue as delivery_queue
from chats.delivery import results
from chats.gateways.base import Health
from chats.inbound import media_download
from chats.models import (
    Delivery,
    GatewayAccount,
    MediaFetch,
    ProfileFetch,
)
from hci_center.background import faults as background
from hci_center.background.models import BackgroundFault
from hci_center.errors import LackingError
from managers.models import Manager
from tests import builders
from tests.chats.conftest import make_due, queue

pytestmark = pytest.mark.django_db(transaction=True)

NOT_OURS = "gAAAAABmNobodyHasTheKeyOfThis"


def spoil(table, column, **where):
    """Replaces an encrypted value by one that no key decrypts."""
    [(name, value)] = where.items()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = %s WHERE {name} = %s",  # noqa: S608
            [NOT_OURS, value],
        )


def recorded():
    return set(BackgroundFault.objects.values_list("task", "subject"))


def probe(check):
    with pytest.raises(LackingError) as raised:
        check()
    return str(raised.value)


@pytest.fixture
def neighbour(other_manager):
    """Returns a contact of another manager, whose messages must always be sent."""
    return builders.make_contact(other_manager, external_id="552133334444")


def test_undecryptable_settings_pause_only_their_account(
    manager, page_contact, neighbour, controller, rounds
):
    paused, free = queue(page_contact, "held"), queue(neighbour, "free")
    spoil("managers_manager", "facebook_token", id=manager.pk)
    rounds.make()
    free.refresh_from_db()
    assert free.status == "sent"
    paused.refresh_from_db()
    assert paused.status == "wait"
    assert "HCI_TOKEN_KEYS" in paused.error
    alerts.watch()
    assert f"facebook:{manager.pk} bad_setup" in probe(alerts.check)


def test_sending_resumes_when_the_key_is_back(manager, page, page_contact, rounds):
    page.people[page_contact.external_id] = page.people.pop("7418252963")
    paused = queue(page_contact, "held")
    with connection.cursor() as cursor:
        cursor.execute("SELECT facebook_token FROM managers_manager")
        kept = cursor.fetchone()[0]
    spoil("managers_manager", "facebook_token", id=manager.pk)
    rounds.make()
    assert GatewayAccount.objects.get(channel="facebook").paused_until is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE managers_manager SET facebook_token = %s", [kept])
    pauses.resume_mended()
    rounds.make()
    paused.refresh_from_db()
    assert paused.status == "sent"


def test_a_send_with_unknown_result_is_not_repeated_without_a_key(
    manager, page_contact, rounds
):
    message = queue(page_contact)
    Delivery.objects.update(in_flight=True)
    spoil("managers_manager", "facebook_token", id=manager.pk)
    rounds.make()
    assert Delivery.objects.get().doubt_until is not None
    make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "failed"
    assert "may have been delivered" in message.error


def test_undecryptable_settings_do_not_affect_other_webhooks(manager, other_manager):
    for each, phone in ((manager, "1"), (other_manager, "2")):
        each.gateway = "whatsapp_cloud"
        each.gateway_settings = json.dumps({"phoneNumberId": phone})
        each.save()
    spoil("managers_manager", "gateway_settings", id=manager.pk)
    assert cloud_account("1") is None
    known = cloud_account("2")
    assert known is not None
    assert known.manager_id == other_manager.pk


def test_the_session_has_the_reason(manager, controller, rounds):
    manager.gateway = "evolution"
    manager.save()
    spoil("managers_manager", "gateway_settings", id=manager.pk)
    del rounds.worker._calls.check
    rounds.make()
    deadline = time.monotonic() + 10
    while not GatewayAccount.objects.filter(state="closed", channel="whatsapp"):
        assert time.monotonic() < deadline
        rounds.make()
    account = GatewayAccount.objects.get(channel="whatsapp")
    assert "HCI_TOKEN_KEYS" in account.reason


def test_a_message_whose_own_token_cannot_be_read_fails_alone(
    contact, controller, rounds
):
    poison = queue(contact, "poison")
    good = queue(builders.make_contact(contact.manager, external_id="551133335555"))
    spoil("chats_delivery", "token", message_id=poison.pk)
    for _ in range(3):
        rounds.make()
        make_due(poison)
    poison.refresh_from_db()
    assert (poison.status, bool(poison.error)) == ("failed", True)
    good.refresh_from_db()
    assert good.status == "sent"
    assert ("send", f"message {poison.pk}") in recorded()
    assert f"worker send message {poison.pk} ×3" in probe(background.check)  # noqa: RUF001


def test_an_undecryptable_message_with_unknown_result_keeps_its_state(
    contact, controller
):
    message = queue(contact)
    Delivery.objects.update(in_flight=True)
    spoil("chats_delivery", "token", message_id=message.pk)
    [row] = delivery_queue.claim(1, 1, 60.0, {})
    results.put_off_unreadable(row)
    kept = Delivery.objects.defer("token").get()
    assert (kept.in_flight, kept.lease_until, kept.failures) == (True, None, 1)


def test_a_manager_deleted_while_his_session_is_checked(
    manager, contact, controller, rounds, monkeypatch
):
    passing = builders.make_manager(facebook_id=None)
    del rounds.worker._calls.check
    rounds.make()
    plain = rounds.worker.drivers["controller"].health
    gone = threading.Event()

    def health(account):
        answered = plain(account)
        if account.number == passing.number:
            Manager.objects.filter(pk=passing.pk).delete()
            connections.close_all()
            gone.set()
        return answered

    monkeypatch.setattr(rounds.worker.drivers["controller"], "health", health)
    GatewayAccount.objects.update(next_check_at="2000-01-01T00:00:00Z")
    rounds.worker._dues.pop("checks", None)
    rounds.make()
    assert gone.wait(10)
    while rounds.worker._calls.checking:
        rounds.make()
    assert not GatewayAccount.objects.filter(manager_id=passing.pk).exists()
    assert recorded() == set()
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"


def test_only_a_file_with_an_undecryptable_reference_is_given_up(
    manager, contact, controller, rounds
):
    chat = builders.make_chat(contact)
    message = builders.make_message(chat, type="image")
    MediaFetch.objects.create(
        message=message, manager=manager, channel="whatsapp", media="{}"
    )
    spoil("chats_mediafetch", "media", message_id=message.pk)
    sent = queue(contact)
    for _ in range(len(media_download.SCHEDULE) + 1):
        rounds.make()
        MediaFetch.objects.update(next_at="2000-01-01T00:00:00Z")
    message.refresh_from_db()
    assert message.error
    assert not MediaFetch.objects.exists()
    sent.refresh_from_db()
    assert sent.status == "sent"
    assert ("media", f"message {message.pk}") in recorded()


def test_only_a_profile_with_an_undecryptable_link_is_given_up(
    contact, controller, rounds
):
    ProfileFetch.objects.create(contact=contact, link="", next_at="2000-01-01T00:00Z")
    spoil("chats_profilefetch", "link", contact_id=contact.pk)
    for _ in range(4):
        rounds.worker._dues.pop("profiles", None)
        rounds.make()
        ProfileFetch.objects.filter(next_at__isnull=False).update(
            next_at="2000-01-01T00:00:00Z"
        )
    assert ProfileFetch.objects.get().next_at is None
    assert ("profiles", f"contact {contact.pk}") in recorded()


def test_a_failing_task_blocks_no_other_and_raises_an_alert(
    contact, controller, rounds, monkeypatch
):
    def broken():
        raise ZeroDivisionError

    monkeypatch.setattr(alerts, "watch", broken)
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    assert recorded() == {("alarms", "")}
    assert "worker alarms" in probe(background.check)


def test_a_result_that_cannot_be_stored_affects_only_its_message(
    contact, controller, rounds, monkeypatch
):
    poison = queue(contact, "poison")
    good = queue(builders.make_contact(contact.manager, external_id="551133335555"))
    plain = results.settle

    def settle(ended, *more):
        if ended.job.message_id == poison.pk:
            raise KeyError("poison")
        plain(ended, *more)

    monkeypatch.setattr(results, "settle", settle)
    rounds.make()
    poison.refresh_from_db()
    good.refresh_from_db()
    assert (poison.status, good.status) == ("failed", "sent")
    assert recorded() == {("send", f"message {poison.pk}")}


def test_an_undecryptable_qr_code_is_replaced(manager):
    record(manager.pk, "whatsapp", Health("qr", qr="2@abc"))
    spoil("chats_gatewayaccount", "qr", manager_id=manager.pk)
    record(manager.pk, "whatsapp", Health("qr", qr="2@def"))
    assert GatewayAccount.objects.get().qr == "2@def"
