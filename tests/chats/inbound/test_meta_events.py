"""Webhook events of Meta become contacts, messages and receipts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from chats.models import (
    Attachment,
    Delivery,
    InboundEvent,
    MediaFetch,
    Message,
)
from contacts.models import Contact
from hci_center.demo.gateways import faults
from tests import builders
from tests.chats.conftest import (
    PHONE,
    PNG,
    PSID,
    post,
    queue,
    stored_bytes,
)

pytestmark = pytest.mark.django_db(transaction=True)

# Messenger's names for the events of each status.
SAYS = {"delivered": "delivery", "read": "read"}


def test_the_echo_of_our_own_send_confirms_it(page, page_contact, rounds):
    page.people[page_contact.external_id] = datetime.now(UTC)
    message = queue(page_contact, "Olá")
    rounds.make()
    for events in page.events:
        assert post(page, "/webhooks/facebook", events).status_code == 200
    rounds.make()
    [only] = Message.objects.all()
    assert only == message
    assert only.status == "read"


def test_a_send_with_unknown_result_is_confirmed_by_its_echo(
    page, page_contact, rounds
):
    page.people[page_contact.external_id] = datetime.now(UTC)
    page.faults.append(faults.cut_after())
    message = queue(page_contact, "Olá")
    rounds.make()
    message.refresh_from_db()
    assert message.status == "wait"
    post(page, "/webhooks/facebook", page.events[0])
    rounds.make()
    message.refresh_from_db()
    assert (message.status, message.gateway_id) == ("sent", page.delivered[0].id)
    assert Delivery.objects.get().done_at is not None


def test_messages_written_in_the_page_s_inbox_are_stored_as_outgoing(page, rounds):
    echo = {"mid": "m_x", "is_echo": True, "text": "Já respondi", "app_id": 2}
    event = {"sender": {"id": page.page}, "recipient": {"id": PSID}, "message": echo}
    post(page, "/webhooks/facebook", page.frame(event))
    rounds.make()
    message = Message.objects.get()
    assert (message.direction, message.status, message.sender) == (
        "out",
        "sent",
        page.page,
    )


def test_media_is_only_fetched_from_meta(page, rounds):
    page.media["a"] = (PNG, "image/png")
    links = (f"{page.url}/media/a", "http://169.254.169.254/latest/meta-data")
    for n, link in enumerate(links):
        attachments = [{"type": "image", "payload": {"url": link}}]
        events = page.inbound(PSID, "", attachments=attachments)
        events["entry"][0]["messaging"][0]["message"].pop("text")
        events["entry"][0]["messaging"][0]["message"]["mid"] = f"m{n}"
        post(page, "/webhooks/facebook", events)
    rounds.make()
    good, bad = Message.objects.order_by("id")
    assert (good.type, good.content, good.error) == ("image", "Arquivo em anexo", "")
    attachment = Attachment.objects.get()
    assert attachment.message == good
    assert stored_bytes(attachment) == PNG
    assert bad.error
    assert not MediaFetch.objects.exists()


def test_a_cloud_message_finds_its_manager_and_person(cloud, manager, rounds):
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "Oi"))
    rounds.make()
    message = Message.objects.get()
    assert (message.manager_id, message.content) == (manager.pk, "Oi")
    contact = message.contact
    assert (contact.external_id, contact.name) == (PHONE, "Maria Souza")
    assert set(contact.identities.values_list("alias", flat=True)) == {
        PHONE,
        "551187654321",
    }


def test_cloud_media_is_fetched_with_its_caption(cloud, rounds):
    cloud.media["777"] = (PNG, "image/png")
    image = {"id": "777", "mime_type": "image/png", "caption": "meu bolo"}
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, type="image", image=image))
    rounds.make()
    [file] = Message.objects.all()
    assert (file.type, file.attachment.size) == ("image", len(PNG))
    assert file.details == {"caption": "meu bolo"}


def test_a_caption_stored_as_an_earlier_message_is_not_stored_again(
    cloud, rounds, contact
):
    """The gateway repeats an event from before captions were stored with files."""
    chat = builders.make_chat(contact)
    events = cloud.inbound(PHONE, type="image", image={"id": "7", "caption": "bolo"})
    name = events["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    builders.make_message(chat, type="image", content="…", gateway_id=name)
    builders.make_message(chat, content="bolo", gateway_id=f"{name}#caption")
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    assert Message.objects.filter(details__isnull=True).count() == 2
    assert Message.objects.count() == 2


def test_receipts_before_their_message_wait_for_it(page, rounds):
    reacts = page._event(PSID, message={"mid": "m_1", "is_deleted": True})
    post(page, "/webhooks/facebook", page.frame(reacts))
    rounds.make()
    events = page.inbound(PSID, "Esqueça")
    events["entry"][0]["messaging"][0]["message"]["mid"] = "m_1"
    post(page, "/webhooks/facebook", events)
    rounds.make()
    assert Message.objects.get().details is None
    InboundEvent.objects.update(next_at=datetime.now(UTC))
    rounds.make()
    assert "deleted" in (Message.objects.get().details or {})
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_receipts_of_a_message_that_never_arrives_are_dropped(page, rounds):
    reacts = page._event(PSID, message={"mid": "m_1", "is_deleted": True})
    post(page, "/webhooks/facebook", page.frame(reacts))
    rounds.make()
    assert InboundEvent.objects.get().state == "waiting"
    long_ago = datetime.now(UTC) - timedelta(minutes=3)
    InboundEvent.objects.update(next_at=long_ago, arrived_at=long_ago)
    rounds.make()
    assert InboundEvent.objects.get().state == "done"


def test_a_person_without_a_phone_is_sent_to_by_the_other_id(cloud, rounds, api):
    events = cloud.inbound(PHONE, "Oi")
    value = events["entry"][0]["changes"][0]["value"]
    value["messages"][0]["from"] = "BR.1502576394655843"
    value["contacts"] = [{"profile": {"name": "Rui"}, "user_id": "BR.1502576394655843"}]
    cloud.people["BR.1502576394655843"] = datetime.now(UTC)
    post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    contact = Contact.objects.get()
    assert contact.external_id == "BR.1502576394655843"
    queue(contact, "Olá")
    rounds.make()
    assert cloud.delivered[0].to == "BR.1502576394655843"


def test_a_receipt_of_the_cloud_finds_the_message_by_our_id(cloud, rounds, manager):
    contact = builders.make_contact(manager, external_id=PHONE)
    cloud.people[PHONE] = datetime.now(UTC)
    from hci_center.demo.gateways import faults

    cloud.faults.append(faults.cut_after())
    message = queue(contact, "Olá")
    rounds.make()
    for events in reversed(cloud.events):
        post(cloud, "/webhooks/whatsapp", events)
    rounds.make()
    message.refresh_from_db()
    assert (message.status, message.gateway_id) == ("read", cloud.delivered[0].id)


def test_a_receipt_of_an_earlier_attempt_only_raises_the_status(cloud, rounds, contact):
    message = queue(contact, "Olá", gateway_id="wamid.2", status="sent")
    Delivery.objects.update(done_at=datetime.now(UTC))
    for status, expected in (("failed", "sent"), ("delivered", "delivered")):
        events = {"id": "wamid.1", "status": status}
        events["biz_opaque_callback_data"] = str(message.uuid)
        post(cloud, "/webhooks/whatsapp", cloud.frame(statuses=[events]))
        rounds.make()
        message.refresh_from_db()
        assert (message.status, message.gateway_id) == (expected, "wamid.2")


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_a_watermark_before_the_response_of_a_send_is_applied(
    page, page_contact, rounds, status
):
    earlier = builders.make_message(
        builders.make_chat(page_contact), direction="out", status="sent"
    )
    message = queue(page_contact, "Olá")
    lease = datetime.now(UTC) + timedelta(minutes=1)
    Delivery.objects.update(in_flight=True, lease_until=lease)
    mark = {"watermark": str(int((time.time() + 5) * 1000))}
    event = page._event(page_contact.external_id, **{SAYS[status]: mark})
    post(page, "/webhooks/facebook", page.frame(event))
    rounds.make()
    earlier.refresh_from_db()
    assert earlier.status == status
    assert InboundEvent.objects.get().state == "waiting"
    # The state after the response has been received and written.
    Message.objects.filter(pk=message.pk).update(status="sent")
    Delivery.objects.update(done_at=datetime.now(UTC), in_flight=False)
    InboundEvent.objects.update(next_at=datetime.now(UTC))
    rounds.make()
    message.refresh_from_db()
    assert message.status == status
    assert InboundEvent.objects.get().state == "done"


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_a_watermark_does_not_apply_to_messages_sent_after_it(
    page, page_contact, rounds, status
):
    """The message was queued before the watermark, but sent after it."""
    chat = builders.make_chat(page_contact)
    now = datetime.now(UTC)
    early, late = (
        builders.make_message(
            chat,
            direction="out",
            status="sent",
            created_at=now - timedelta(minutes=10),
        )
        for _ in range(2)
    )
    for message, minutes in ((early, 9), (late, 1)):
        Delivery.objects.create(
            message=message,
            manager_id=page_contact.manager_id,
            contact=page_contact,
            channel=page_contact.channel,
            attempted_at=now - timedelta(minutes=minutes),
            done_at=now,
        )
    mark = {"watermark": str(int((now - timedelta(minutes=5)).timestamp() * 1000))}
    event = page._event(page_contact.external_id, **{SAYS[status]: mark})
    post(page, "/webhooks/facebook", page.frame(event))
    rounds.make()
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.status, late.status) == (status, "sent")
    # The time of each status is stored, as with a receipt.
    times = Delivery.objects.order_by("pk").values_list(f"{status}_at", flat=True)
    assert [at is not None for at in times] == [True, False]
    reached = Delivery.objects.filter(delivered_at=None, read_at=None)
    assert reached.get().message == late


def test_a_message_deleted_by_its_sender_is_kept_and_marked(manager, page, rounds):
    photos = [{"type": "location", "payload": {"coordinates": {"lat": 1, "long": 2}}}]
    events = page.inbound(PSID, "Esqueça", attachments=photos)
    mid = events["entry"][0]["messaging"][0]["message"]["mid"]
    post(page, "/webhooks/facebook", events)
    post(page, "/webhooks/facebook", page.inbound(PSID, "Isto fica"))
    taken_back = page._event(PSID, message={"mid": mid, "is_deleted": True})
    post(page, "/webhooks/facebook", page.frame(taken_back))
    rounds.make()
    rows = Message.objects.order_by("pk")
    assert [row.content for row in rows][::2] == ["Esqueça", "Isto fica"]
    assert ["deleted" in (row.details or {}) for row in rows] == [True, True, False]
