"""Sends with an unknown result are settled without sending the message twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chats.models import Delivery, Message
from hci_center.demo.gateways import faults
from tests import builders
from tests.chats.conftest import make_due, queue

pytestmark = pytest.mark.django_db


def test_a_send_with_unknown_result_is_repeated_only_if_idempotent(
    contact, controller, rounds
):
    controller.faults.append(faults.cut_after())
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    assert len(controller.delivered) == 1


def test_a_send_with_unknown_result_is_not_repeated_automatically(
    contact, controller, rounds
):
    controller.legacy = True
    controller.faults.append(faults.cut_after())
    message = queue(contact)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "wait"
    assert Delivery.objects.get().doubt_until > timezone.now()
    make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "failed"
    assert message.error
    assert len([r for r in controller.requests if controller.is_send(r)]) == 1


def test_an_interrupted_attempt_is_looked_up_at_the_gateway(
    contact, controller, rounds
):
    """The state after a worker was killed between its request and the response."""
    message = queue(contact)
    rounds.make()
    Message.objects.update(status="wait", gateway_id=None)
    Delivery.objects.update(done_at=None, in_flight=True)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    assert len([r for r in controller.requests if controller.is_send(r)]) == 1


def test_a_worker_whose_lease_expired_writes_nothing(contact, controller, rounds):
    message = queue(contact)
    controller.faults.append(faults.delay(0.2))
    rounds.worker.step()
    Delivery.objects.update(fence=99, lease_until=timezone.now() + timedelta(hours=1))
    rounds.make()
    message.refresh_from_db()
    assert message.status == "wait"
    assert Delivery.objects.get().done_at is None


def test_an_echo_before_the_response_is_the_same_message(contact, controller, rounds):
    message = queue(contact)
    builders.make_message(
        message.chat, direction="out", status="read", gateway_id="wa-early"
    )
    controller.faults.append(
        faults.reply_after(200, {"data": {"messageId": "wa-early", "status": "sent"}})
    )
    rounds.make()
    [only] = Message.objects.filter(direction="out")
    assert only == message
    assert (only.status, only.gateway_id) == ("read", "wa-early")


def test_repeated_gateway_ids_delete_no_message(contact, controller, rounds):
    earlier = builders.make_message(
        builders.make_chat(contact), direction="out", gateway_id="ok"
    )
    queued = [queue(contact, "1"), queue(contact, "2"), queue(contact, "3")]
    answer = faults.reply_after(200, {"data": {"messageId": "ok", "status": "sent"}})
    controller.faults += [answer] * 3
    rounds.make()
    assert list(Message.objects.order_by("pk")) == [earlier, *queued]
    assert {m.status for m in Message.objects.exclude(pk=earlier.pk)} == {"sent"}
    assert not Delivery.objects.filter(done_at=None).exists()


def test_receipts_before_the_response_are_applied(contact, controller, rounds, api):
    controller.waits = True
    message = queue(contact)
    from chats.messages.receipts import report_status

    controller.faults.append(
        faults.reply_after(200, {"data": {"messageId": "wa-9", "status": "wait"}})
    )
    assert report_status(contact.manager_id, "wa-9", "delivered") is None
    rounds.make()
    message.refresh_from_db()
    assert message.status == "delivered"
