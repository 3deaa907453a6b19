"""Customers on Meta's gateways: their ids, their origin and their address."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from chats.models import Message
from contacts.models import Contact
from hci_center.demo.gateways import faults
from tests.chats.conftest import PHONE, PNG, PSID, post, queue
from tests.chats.files.sample_files import data_uri

pytestmark = pytest.mark.django_db(transaction=True)


USER, OTHER_USER = "BR.1502576394655843", "BR.9902576394655843"


def renamed(cloud, **system):
    message = {"id": "wamid.s", "type": "system", "system": system}
    return cloud.frame(messages=[message])


def test_a_customer_with_another_user_id_keeps_one_history(cloud, rounds, manager):
    for name in (USER, OTHER_USER):
        value = {"from_user_id": name, "text": {"body": name}, "type": "text"}
        message = value | {"id": f"wamid.{name}", "timestamp": str(int(time.time()))}
        post(cloud, "/webhooks/whatsapp", cloud.frame(messages=[message]))
    change = {"type": "user_changed_user_id", "user_id": OTHER_USER}
    events = renamed(cloud, previous_user_id=USER, **change)
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    contact = Contact.objects.get(deleted_at=None)
    assert Message.objects.filter(contact=contact).count() == 2
    cloud.people[OTHER_USER] = datetime.now(UTC)
    queue(contact, "Olá")
    rounds.make()
    assert [d.to for d in cloud.delivered] == [OTHER_USER]


def test_a_customer_is_sent_to_at_his_new_number(cloud, rounds, manager):
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "Oi"))
    new = "5521912345678"
    system = {"type": "user_changed_number", "wa_id": new}
    events = cloud.inbound(PHONE, type="system", system=system)
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    contact = Contact.objects.get(deleted_at=None)
    cloud.people[new] = datetime.now(UTC)
    queue(contact, "Olá")
    rounds.make()
    assert [d.to for d in cloud.delivered] == [new]


def test_a_phone_is_kept_when_a_user_id_changes(cloud, rounds, manager):
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "Oi", from_user_id=USER))
    change = {"type": "user_changed_user_id", "user_id": OTHER_USER}
    events = renamed(cloud, previous_user_id=USER, **change)
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    contact = Contact.objects.get(deleted_at=None)
    assert contact.identities.filter(alias=OTHER_USER).exists()
    queue(contact, "Olá")
    rounds.make()
    assert [d.to for d in cloud.delivered] == [PHONE]


def test_a_message_has_the_ad_as_origin(cloud, rounds):
    referral = {"source_type": "ad", "source_id": "77", "headline": "Bolos"}
    events = cloud.inbound(PHONE, "Oi", referral=referral)
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    assert Message.objects.get().details == {
        "origin": {"kind": "ad", "ref": "77", "title": "Bolos", "url": ""}
    }


def test_a_caption_that_was_not_sent_with_its_file_is_reported_as_failed(
    page, page_contact, rounds, api, ana
):
    page.people[page_contact.external_id] = datetime.now(UTC)
    page.faults.extend([None, faults.reply(500, {})])
    picture = {"base64": data_uri(PNG, "image/png"), "type": "image"}
    body = {"contactId": PSID, "from": str(ana.pk), "caption": "bolo", **picture}
    sent = api.post("/api/chat/message/send/operator/file/facebook", body)
    assert sent.status_code == 200, sent.content
    rounds.make()
    message = Message.objects.get()
    assert (message.status, message.gateway_id) == ("sent", page.delivered[0].id)
    assert "not what was said with it" in message.error
    for events in page.events:
        post(page, "/webhooks/facebook", events)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "read"
    assert "not what was said with it" in message.error
