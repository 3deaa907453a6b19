"""Signed webhook bodies become stored messages; all others are refused."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test import Client

from chats.accounts.registry import webhook_path
from chats.inbound.queue import forget_old, retry
from chats.models import (
    InboundEvent,
    Message,
)
from contacts.models import Contact
from tests.chats.conftest import (
    PHONE,
    PSID,
    post,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_s_message_becomes_a_contact_a_chat_and_a_message(manager, page, rounds):
    response = post(page, "/webhooks/facebook", page.inbound(PSID, "Olá 😀"))
    assert (response.status_code, response.content) == (200, b"ok")
    assert Message.objects.count() == 0
    rounds.make()
    [message] = Message.objects.all()
    assert (message.content, message.direction, message.status) == (
        "Olá 😀",
        "in",
        "wait",
    )
    contact = message.contact
    assert (contact.channel, contact.external_id) == ("facebook", PSID)
    assert (contact.unread, contact.sa) == (1, 1)
    assert InboundEvent.objects.get().state == "done"


def test_the_handshake_requires_our_token(db, settings):
    settings.META_VERIFY_TOKEN = "vt"
    query = {"hub.mode": "subscribe", "hub.verify_token": "vt", "hub.challenge": "42"}
    for path in ("/webhooks/facebook", "/webhooks/whatsapp", "/webhooks/facebook/"):
        response = Client().get(path, query)
        assert (response.status_code, response.content) == (200, b"42")
        wrong = Client().get(path, query | {"hub.verify_token": "other"})
        assert wrong.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha1=" + "0" * 40},
        {"X-Hub-Signature-256": ""},
    ],
)
@pytest.mark.parametrize("path", ["/webhooks/facebook", "/webhooks/whatsapp"])
def test_a_forged_body_is_refused_and_not_stored(page, path, headers):
    response = post(page, path, page.inbound(PSID, "Oi"), **headers)
    assert response.status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_truncated_body_is_malformed_and_not_stored(page):
    raw = json.dumps(page.inbound(PSID, "Oi")).encode()[:-3]
    response = Client().post(
        "/webhooks/facebook",
        raw,
        content_type="application/json",
        headers=page.headers_of(raw),
    )
    assert response.status_code == 400
    assert not InboundEvent.objects.exists()


def test_an_unknown_secret_address_is_refused(manager, evolution):
    right = webhook_path("evolution", manager.pk)
    events = evolution.inbound(f"{PHONE}@s.whatsapp.net", "Oi")
    for wrong in (
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        "/webhooks/evolution/1",
        "/webhooks/evolution/é",
        right.replace("evolution", "wppconnect"),
    ):
        assert post(evolution, wrong, events).status_code == 403
    assert not InboundEvent.objects.exists()
    assert post(evolution, right, events).status_code == 200
    assert post(evolution, right + "/messages-upsert", events).status_code == 200


def test_a_hundred_simultaneous_identical_bodies_are_one_message(page, rounds):
    events = page.inbound(PSID, "Oi")
    statuses = []

    def send():
        statuses.append(post(page, "/webhooks/facebook", events).status_code)
        connections.close_all()

    for _ in range(10):
        threads = [threading.Thread(target=send) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 100
    rounds.make()
    assert Message.objects.count() == 1
    assert Contact.objects.get().unread == 1


def test_a_replay_after_days_is_one_message(evolution, manager, rounds):
    path = webhook_path("evolution", manager.pk)
    events = evolution.inbound(f"{PHONE}@s.whatsapp.net", "Oi")
    post(evolution, path, events)
    rounds.make()
    post(evolution, path, events | {"date_time": "later"})
    rounds.make()
    assert Message.objects.count() == 1


def test_all_events_of_a_batch_are_processed_in_order(page, rounds):
    frame = page.inbound(PSID, "0")
    for n in range(1, 6):
        frame["entry"] += page.inbound(PSID, str(n))["entry"]
    post(page, "/webhooks/facebook", frame)
    rounds.make()
    texts = Message.objects.order_by("id").values_list("content", flat=True)
    assert list(texts) == ["0", "1", "2", "3", "4", "5"]


def test_an_invalid_event_is_parked_and_blocks_no_other(page, rounds):
    frame = page.inbound(PSID, "before")
    frame["entry"][0]["messaging"] += [
        {"sender": {"id": PSID}, "message": {"text": "no mid"}},
        *page.inbound(PSID, "after")["entry"][0]["messaging"],
    ]
    post(page, "/webhooks/facebook", frame)
    rounds.make()
    assert [m.content for m in Message.objects.order_by("id")] == ["before", "after"]
    parked = InboundEvent.objects.get(state="parked")
    assert "mid" in parked.note


def test_an_event_of_an_unknown_page_is_parked_and_can_be_processed_again(
    manager, page, rounds
):
    manager.facebook_id = "another-page"
    manager.save()
    post(page, "/webhooks/facebook", page.inbound(PSID, "Oi"))
    rounds.make()
    parked = InboundEvent.objects.get()
    assert (parked.state, Message.objects.count()) == ("parked", 0)
    manager.facebook_id = page.page
    manager.save()
    assert retry([parked.pk]) == 1
    rounds.make()
    assert Message.objects.count() == 1


@pytest.mark.parametrize(("state", "days"), [("done", 7), ("parked", 30)])
def test_old_events_are_deleted(db, state, days):
    now = datetime.now(UTC)
    for age in (days - 1, days + 1):
        InboundEvent.objects.create(
            source="facebook",
            lane="1",
            payload="{}",
            state=state,
            arrived_at=now - timedelta(days=age),
        )
    old = now - timedelta(days=400)
    waiting = InboundEvent.objects.create(
        source="facebook", lane="1", payload="{}", arrived_at=old
    )
    forget_old()
    left = InboundEvent.objects.exclude(pk=waiting.pk).get()
    assert now - left.arrived_at < timedelta(days=days)
    assert InboundEvent.objects.filter(pk=waiting.pk).exists()


def test_an_unavailable_database_is_a_503(page, monkeypatch):
    from django.db import OperationalError

    def away(*_args):
        raise OperationalError

    monkeypatch.setattr("chats.inbound.views.store_pieces", away)
    response = post(page, "/webhooks/facebook", page.inbound(PSID, "Oi"))
    assert response.status_code == 503
    assert response["Retry-After"]


def test_a_read_only_database_is_a_503_and_no_secret_is_logged(
    evolution, manager, monkeypatch, caplog
):
    def read_only(*_args):
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '25006'; END $$"
            )

    monkeypatch.setattr("chats.inbound.views.store_pieces", read_only)
    path = webhook_path("evolution", manager.pk)
    response = post(evolution, path, evolution.inbound("5@lid", "Oi"))
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    lines = [record.getMessage() for record in caplog.records]
    assert any("read-only server" in line for line in lines)
    assert path.rpartition("/")[2] not in "".join(lines)
