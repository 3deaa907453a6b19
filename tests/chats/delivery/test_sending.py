"""A message is sent, retried, or marked as failed."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from chats.files.data_uri import parse_data_uri
from chats.files.storage import stored
from chats.models import Attachment, Delivery, GatewayAccount
from contacts.models import Identity
from hci_center.demo.gateways import faults
from tests import builders
from tests.chats.conftest import make_due, queue

pytestmark = pytest.mark.django_db


def test_a_message_is_sent_and_its_gateway_id_stored(contact, controller, rounds):
    message = queue(contact, "Olá, açaí 😀")
    rounds.make()
    message.refresh_from_db()
    assert [d.text for d in controller.delivered] == ["Olá, açaí 😀"]
    assert (message.status, message.error) == ("sent", "")
    assert message.gateway_id == controller.results[str(message.uuid)]["messageId"]
    assert message.delivery.done_at is not None
    assert message.delivery.attempts == 1


def test_one_contact_s_messages_are_sent_in_order(contact, controller, rounds):
    for n in range(10):
        queue(contact, str(n))
    rounds.make()
    assert [d.text for d in controller.delivered] == [str(n) for n in range(10)]


def test_a_waiting_message_only_delays_its_own_conversation(
    manager, contact, controller, rounds
):
    other = builders.make_contact(manager)
    controller.fault_for = lambda request: (
        faults.reply(429, {"error": {"message": "slow"}})
        if request.json()["contactNumber"] == int(contact.external_id)
        else None
    )
    first, second = queue(contact, "1"), queue(contact, "2")
    free = queue(other, "3")
    rounds.make()
    assert [d.text for d in controller.delivered] == ["3"]
    controller.fault_for = None
    make_due(first)
    rounds.make()
    assert [d.text for d in controller.delivered] == ["3", "1", "2"]
    for message in (first, second, free):
        message.refresh_from_db()
        assert message.status == "sent"


def test_retry_intervals_grow_and_after_the_last_attempt_it_fails(
    contact, controller, rounds
):
    controller.fault_for = lambda _request: faults.reply(
        429, {"error": {"message": "slow"}}
    )
    message = queue(contact)
    for wait in (2, 10, 30, 120, 300, 900):
        rounds.make()
        delivery = Delivery.objects.get()
        left = (delivery.next_at - timezone.now()).total_seconds()
        assert wait * 0.79 < left + 0.5
        assert left < wait * 1.21
        make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "failed"
    assert message.error
    assert Delivery.objects.get().attempts == 7
    assert Delivery.objects.get().done_at is not None


def test_after_a_refused_message_the_next_is_sent(contact, controller, rounds):
    controller.faults.append(faults.reply(400, {"error": {"message": "no good"}}))
    bad, good = queue(contact, "bad"), queue(contact, "good")
    rounds.make()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("failed", "sent")
    assert "no good" in bad.error


def test_refused_credentials_pause_the_account_and_its_messages_have_the_reason(
    manager, contact, controller, rounds
):
    controller.state = "closed"
    messages = [
        queue(contact, "1"),
        queue(contact, "2"),
        queue(builders.make_contact(manager), "3"),
    ]
    rounds.make()
    account = GatewayAccount.objects.get(channel="whatsapp")
    assert account.paused_until > timezone.now()
    for message in messages:
        message.refresh_from_db()
        assert message.status == "wait"
        assert message.error == account.pause_reason != ""
    assert set(Delivery.objects.values_list("failures", flat=True)) == {0}
    count = len(controller.requests)
    rounds.make()
    assert len(controller.requests) == count
    controller.state = "open"
    make_due(messages[0])
    rounds.make()
    for message in messages:
        message.refresh_from_db()
        assert (message.status, message.error) == ("sent", "")
    account.refresh_from_db()
    assert (account.pauses, account.paused_until) == (0, None)


def test_changed_settings_are_tried_at_once(manager, contact, controller, rounds):
    controller.secret = "right"
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "wait"
    manager.gateway_settings = '{"secret": "right"}'
    manager.save()
    rounds.worker._dues.clear()
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"


def test_another_account_of_the_same_manager_is_not_paused(
    manager, contact, page_contact, controller, rounds, settings
):
    from hci_center.demo.gateways.messenger import FakeMessenger

    controller.state = "closed"
    with FakeMessenger(
        page=manager.facebook_id, token=manager.facebook_token, secret="s"
    ) as fake:
        settings.GRAPH_URL = fake.url
        fake.people[page_contact.external_id] = timezone.now()
        queue(contact, "held")
        queue(page_contact, "free")
        rounds.make()
        assert [d.text for d in fake.delivered] == ["free"]


def test_a_message_fails_after_a_day(contact, controller, rounds):
    controller.state = "closed"
    message = queue(contact)
    rounds.make()
    Delivery.objects.update(queued_at=timezone.now() - timedelta(hours=24, seconds=1))
    rounds.worker._dues.clear()
    rounds.make()
    message.refresh_from_db()
    assert message.status == "failed"
    assert message.error


def test_a_file_is_sent_byte_for_byte(contact, controller, rounds):
    content = b"%PDF-1.4 " + bytes(range(256)) * 1000
    uri = "data:application/pdf;base64," + base64.b64encode(content).decode()
    message = queue(contact, "Arquivo em anexo", type="pdf")
    with stored(parse_data_uri(uri, 2**25)) as attachment:
        attachment.message = message
        attachment.save()
    rounds.make()
    [arrived] = controller.delivered
    assert arrived.content == content
    assert arrived.name.endswith(".pdf")


def test_a_message_with_a_missing_file_fails_and_blocks_no_other(
    contact, controller, rounds
):
    message = queue(contact, "Arquivo em anexo", type="pdf")
    Attachment.objects.create(
        message=message, file="nowhere", mime="application/pdf", size=3, sha256="0"
    )
    good = queue(contact, "next")
    rounds.make()
    message.refresh_from_db()
    good.refresh_from_db()
    assert (message.status, good.status) == ("failed", "sent")


def test_replies_are_sent_to_the_gateway_s_own_id_of_the_person(
    manager, controller, rounds
):
    person = builders.make_contact(manager, external_id="5511987654321")
    Identity.objects.create(
        manager=manager, channel="whatsapp", alias="551187654321", contact=person
    )
    controller.faults.append(
        faults.reply_after(
            200, {"data": {"messageId": "x", "contactNumber": 551187654321}}
        )
    )
    queue(person, "1")
    queue(person, "2")
    rounds.make()
    assert [d.to for d in controller.delivered] == ["5511987654321", "551187654321"]


def test_a_message_s_page_token_is_deleted_after_sending(
    manager, page_contact, rounds, settings
):
    from hci_center.demo.gateways.messenger import FakeMessenger

    with FakeMessenger(page=manager.facebook_id, token="other", secret="s") as fake:
        settings.GRAPH_URL = fake.url
        fake.people[page_contact.external_id] = timezone.now()
        message = queue(page_contact)
        Delivery.objects.update(token="other")
        rounds.make()
        message.refresh_from_db()
        assert message.status == "sent"
        assert Delivery.objects.get().token == ""


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (23, {"messaging_type": "RESPONSE"}),
        (25, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
    ],
)
def test_outside_the_24_hour_window_the_human_agent_tag_is_used(
    manager, page_contact, rounds, settings, hours, expected
):
    from hci_center.demo.gateways.messenger import FakeMessenger

    chat = builders.make_chat(page_contact)
    at = timezone.now() - timedelta(hours=hours)
    builders.make_message(chat, created_at=at - timedelta(days=1))
    builders.make_message(chat, created_at=at)
    with FakeMessenger(
        page=manager.facebook_id, token=manager.facebook_token, secret="s"
    ) as fake:
        settings.GRAPH_URL = fake.url
        fake.people[page_contact.external_id] = at
        message = queue(page_contact, "Olá")
        rounds.make()
    [body] = [r.json() for r in fake.requests if fake.is_send(r)]
    assert body == {
        "recipient": {"id": page_contact.external_id},
        "message": {"text": "Olá", "metadata": str(message.uuid)},
        **expected,
    }
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_wrong_token_of_one_message_does_not_pause_the_page(
    manager, page_contact, rounds, settings
):
    from hci_center.demo.gateways.messenger import FakeMessenger

    with FakeMessenger(
        page=manager.facebook_id, token=manager.facebook_token, secret="s"
    ) as fake:
        settings.GRAPH_URL = fake.url
        fake.people[page_contact.external_id] = timezone.now()
        wrong = queue(page_contact, "wrong")
        Delivery.objects.update(token="somebody-s")
        right = queue(page_contact, "right")
        rounds.make()
        wrong.refresh_from_db()
        right.refresh_from_db()
        assert (wrong.status, right.status) == ("failed", "sent")
