"""Webhooks of Evolution and WPPConnect become messages, receipts and sessions."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.db import connections

from chats.accounts.registry import webhook_path
from chats.gateways import base64_media
from chats.models import (
    Attachment,
    Delivery,
    GatewayAccount,
    InboundEvent,
    MediaFetch,
    Message,
    SessionChange,
)
from contacts.models import Contact, Identity
from hci_center.demo.gateways import faults
from tests import builders
from tests.chats.conftest import (
    PHONE,
    PNG,
    post,
    queue,
    stored_bytes,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_evolution_s_echo_confirms_a_send_with_unknown_result(
    evolution, manager, rounds
):

    contact = builders.make_contact(manager, external_id=PHONE)
    evolution.people.add(PHONE)
    evolution.faults.append(faults.cut_after())
    message = queue(contact, "Olá")
    rounds.make()
    assert Delivery.objects.get().doubt_until is not None
    path = webhook_path("evolution", manager.pk)
    for events in evolution.events:
        post(evolution, path, events)
    rounds.make()
    [only] = Message.objects.all()
    assert only == message
    assert only.status == "read"


def test_evolution_s_echo_before_the_response_is_the_same_message(
    evolution, manager, patient_rounds
):
    contact = builders.make_contact(manager, external_id=PHONE)
    evolution.people.add(PHONE)
    path = webhook_path("evolution", manager.pk)
    plain = evolution.answer

    def answer(request):
        reply = plain(request)
        while evolution.events:
            post(evolution, path, evolution.events.pop(0))
        connections.close_all()
        return reply

    evolution.answer = answer
    message = queue(contact, "Olá")
    patient_rounds.make()
    [only] = Message.objects.all()
    assert only == message
    assert only.status == "read"


def test_evolution_media_is_stored_from_the_body(evolution, manager, rounds):
    events = evolution.inbound(
        f"{PHONE}@s.whatsapp.net",
        messageType="imageMessage",
        message={
            "imageMessage": {"mimetype": "image/png"},
            "base64": b64encode(PNG).decode(),
        },
    )
    post(evolution, webhook_path("evolution", manager.pk), events)
    rounds.make()
    assert stored_bytes(Attachment.objects.get()) == PNG
    assert "canary-key" not in InboundEvent.objects.get().payload


def picture_event(evolution, encoded):
    return evolution.inbound(
        f"{PHONE}@s.whatsapp.net",
        messageType="imageMessage",
        message={"imageMessage": {"mimetype": "image/png"}, "base64": encoded},
        key={"id": "3A7"},
    )


def test_invalid_media_is_fetched_again(evolution, manager, rounds):
    evolution.media["3A7"] = (b64encode(PNG).decode(), "image/png")
    path = webhook_path("evolution", manager.pk)
    post(evolution, path, picture_event(evolution, "Contrato.pdf"))
    rounds.make()
    assert stored_bytes(Attachment.objects.get()) == PNG
    assert Message.objects.get().error == ""


def test_a_file_that_is_too_large_is_marked_as_missing(
    evolution, manager, rounds, monkeypatch
):
    monkeypatch.setattr(base64_media, "MOST_MEDIA", len(PNG) - 3)
    evolution.media["3A7"] = (b64encode(PNG).decode(), "image/png")
    path = webhook_path("evolution", manager.pk)
    post(evolution, path, picture_event(evolution, b64encode(PNG).decode()))
    rounds.make()
    assert not Attachment.objects.exists()
    assert not MediaFetch.objects.exists()
    assert Message.objects.get().error == "The file could not be fetched."
    assert not [r for r in evolution.requests if "getBase64" in r.path]


def test_a_lid_and_a_phone_become_one_person(evolution, manager, rounds):
    path = webhook_path("evolution", manager.pk)
    lid = "123456789012345@lid"
    post(evolution, path, evolution.inbound(lid, "by lid"))
    post(evolution, path, evolution.inbound(f"{PHONE}@s.whatsapp.net", "by phone"))
    rounds.make()
    assert Contact.objects.present().count() == 2
    both = evolution.inbound(
        lid, "by both", key={"remoteJidAlt": f"{PHONE}@s.whatsapp.net"}
    )
    post(evolution, path, both)
    rounds.make()
    [contact] = Contact.objects.present()
    assert contact.external_id == PHONE
    assert sorted(
        Message.objects.filter(contact=contact).values_list("content", flat=True)
    ) == ["by both", "by lid", "by phone"]
    assert set(
        Identity.objects.filter(contact=contact).values_list("alias", flat=True)
    ) == {PHONE, "551187654321", "lid:123456789012345"}
    assert contact.unread == 2
    assert contact.chats.filter(closed_at=None).count() == 1


def test_wppconnect_reports_messages_and_sessions(wppconnect, manager, rounds):
    path = webhook_path("wppconnect", manager.pk)
    post(wppconnect, path, wppconnect.inbound(f"{PHONE}@c.us", "Oi"))
    post(wppconnect, path, wppconnect.event("qrcode", urlcode="2@qr", qrcode="x"))
    rounds.make()
    assert Message.objects.get().content == "Oi"
    account = GatewayAccount.objects.get(channel="whatsapp")
    assert (account.state, account.qr) == ("qr", "2@qr")
    post(wppconnect, path, wppconnect.event("status-find", status="inChat"))
    rounds.make()
    account.refresh_from_db()
    assert (account.state, account.qr) == ("open", "")
    states = SessionChange.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["qr", "open"]
