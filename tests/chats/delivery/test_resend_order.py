"""A resent message keeps the order of its contact's messages."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from chats.delivery import queue as delivery_queue
from chats.models import Delivery, Message
from tests.chats.api.test_gateway_calls import again
from tests.chats.conftest import queue

pytestmark = pytest.mark.django_db


def fail(message):
    Message.objects.filter(pk=message.pk).update(status="failed", error="no phone")
    Delivery.objects.filter(pk=message.pk).update(done_at=datetime.now(UTC))


def test_it_is_sent_after_messages_written_before_the_resend(
    api, contact, ana, controller, rounds
):
    first = queue(contact, "one")
    fail(first)
    second = queue(contact, "two")
    assert again(api, contact, ana, first.uuid).status_code == 200
    third = queue(contact, "three")
    rounds.make()
    sent = [one.uuid for one in controller.delivered]
    assert sent == [str(message.uuid) for message in (second, first, third)]


def test_it_waits_for_a_message_that_is_being_sent(api, contact, ana):
    first = queue(contact, "one")
    fail(first)
    second = queue(contact, "two")
    [job] = delivery_queue.claim(10, 10, 60.0, {})
    assert job.message_id == second.pk
    assert again(api, contact, ana, first.uuid).status_code == 200
    assert delivery_queue.claim(10, 10, 60.0, {}) == []
    Delivery.objects.filter(pk=second.pk).update(done_at=datetime.now(UTC))
    [job] = delivery_queue.claim(10, 10, 60.0, {})
    assert job.message_id == first.pk


def test_resent_messages_are_sent_in_the_order_of_the_resends(api, contact, ana):
    first, second = queue(contact, "one"), queue(contact, "two")
    fail(first)
    fail(second)
    again(api, contact, ana, second.uuid)
    again(api, contact, ana, first.uuid)
    [job] = delivery_queue.claim(10, 10, 60.0, {})
    assert job.message_id == second.pk


def test_an_attempt_has_its_time(contact):
    message = queue(contact, "one")
    before = datetime.now(UTC) - timedelta(seconds=5)
    delivery_queue.claim(10, 10, 60.0, {})
    attempted_at = Delivery.objects.get(pk=message.pk).attempted_at
    assert attempted_at is not None
    assert before < attempted_at


@pytest.mark.django_db(transaction=True)
def test_a_resend_waits_for_a_message_that_is_being_stored(api, contact, ana):
    """The position is assigned under the contact's lock, like a new message's id."""
    from django.db import transaction

    from contacts.lookup import lock_contact

    first = queue(contact, "one")
    fail(first)
    answers = []

    def click():
        answers.append(again(api, contact, ana, first.uuid).status_code)
        connections.close_all()

    clicking = threading.Thread(target=click)
    with transaction.atomic():
        lock_contact(contact.pk)
        clicking.start()
        clicking.join(0.3)
        assert clicking.is_alive()
        second = queue(contact, "two")
    clicking.join(10)
    assert answers == [200]
    [job] = delivery_queue.claim(10, 10, 60.0, {})
    assert job.message_id == second.pk
