"""The ledger's causes, steps and schedules, and since when customers wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chats.conversations import assignment
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.delivery.results import fail
from chats.messages.receipts import report_status
from chats.models import ChatEvent, Delivery, Message
from managers.models import Manager
from tests import builders
from tests.chats.api.recording import send
from tests.contract.call import HELLO

BOT = Actor("key:1")
SEND = "/api/chat/message/send/operator"


def record(api: Any, manager: Any, contact: Any, **over: Any) -> None:
    """Reports a message of the contact, unless another sender is given."""
    number = int(contact.external_id)
    body = {"contactNumber": number, "managerNumber": manager.number, "from": number}
    assert send(api, **{**body, **over}).status_code == 200


def lines(contact: Any) -> list[tuple[str, str]]:
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("pk")
    return list(events.values_list("kind", "cause"))


def test_every_line_has_its_cause(manager, sales, support, ana, bruno):
    contact = builders.make_contact(manager, area=sales)
    open_chat(contact, actor=BOT)
    assignment.change_area(contact, support.pk, actor=BOT)
    assignment.hand_over(contact, bruno.pk, actor=BOT)
    assignment.change_area(contact, sales.pk, actor=BOT)
    assignment.hand_over(contact, ana.pk, actor=BOT)
    assignment.hand_over(contact, None, actor=BOT)
    assignment.hand_over(contact, ana.pk, actor=BOT)
    assignment.release_contacts_of(ana, actor=BOT)
    contact.refresh_from_db()
    close_chat(contact, actor=BOT, cause="resolved", reason="paid")
    released = [("released", "area")] if (sales not in bruno.areas.all()) else []
    assert lines(contact) == [
        ("opened", "customer"),
        ("entered_area", ""),
        ("transferred", "handover"),
        ("entered_area", ""),
        *released,
        ("transferred", "handover"),
        ("released", "operator"),
        ("transferred", "handover"),
        ("released", "left"),
        ("closed", "resolved"),
    ]


def test_a_chat_opened_by_an_operator_has_that_cause(manager, ana):
    contact = builders.make_contact(manager)
    open_chat(contact, actor=Actor("user:1", ana.pk))
    assert lines(contact) == [("opened", "operator")]


def test_the_chat_of_a_deleted_contact_has_that_cause(manager):
    contact = builders.make_contact(manager)
    open_chat(contact, actor=BOT)
    assignment.delete_contact(contact, actor=BOT)
    assert lines(contact)[-1] == ("closed", "deleted")


def test_entries_have_the_step_and_schedule_of_their_time(manager, sales):
    Manager.objects.filter(pk=manager.pk).update(schedule_id=7)
    contact = builders.make_contact(manager, sa=40)
    open_chat(contact, actor=BOT)
    sales.schedule_id = 9
    sales.save()
    assignment.change_area(contact, sales.pk, actor=BOT)
    events = ChatEvent.objects.order_by("pk")
    assert list(events.values_list("sa", "schedule_id")) == [(40, 7), (40, 9)]


def test_the_first_choice_of_the_same_area_is_recorded_once(manager, sales):
    contact = builders.make_contact(manager, area=sales)
    open_chat(contact, actor=BOT)
    for _ in range(2):
        assignment.change_area(contact, sales.pk, actor=BOT)
    assert lines(contact) == [("opened", "customer"), ("entered_area", "")]


def test_a_closed_chat_keeps_its_reason_and_its_last_operator(manager, ana):
    contact = builders.make_contact(manager, operator=ana)
    chat = open_chat(contact, actor=BOT)
    close_chat(contact, actor=BOT, reason="paid")
    chat.refresh_from_db()
    assert (chat.reason, chat.last_operator) == ("paid", ana)


# Waiting customers


def test_a_customer_waits_since_his_first_unanswered_message(api, manager, ana):
    contact = builders.make_contact(manager, operator=ana)
    record(api, manager, contact)
    contact.refresh_from_db()
    first = contact.waiting_since
    assert first is not None
    assert contact.last_in_at is not None
    record(api, manager, contact)
    contact.refresh_from_db()
    assert contact.waiting_since == first
    body = {
        "contactNumber": int(contact.external_id),
        "operatorId": ana.pk,
        "content2": HELLO,
    }
    assert api.post(f"{SEND}/{manager.controller_port}", body).status_code == 200
    contact.refresh_from_db()
    assert contact.waiting_since is None


@pytest.mark.parametrize(("sender", "waits"), [("bot", True), ("operator", False)])
def test_only_messages_of_persons_end_the_wait(api, manager, ana, sender, waits):
    contact = builders.make_contact(manager)
    record(api, manager, contact)
    name = str(ana.pk) if sender == "operator" else str(manager.number)
    record(api, manager, contact, **{"from": name})
    contact.refresh_from_db()
    assert (contact.waiting_since is not None) is waits


def test_a_release_keeps_the_position_and_a_move_resets_it(manager, sales, ana):
    since = timezone.now() - timezone.timedelta(hours=1)
    contact = builders.make_contact(manager, operator=ana, waiting_since=since)
    assignment.hand_over(contact, None, actor=BOT)
    contact.refresh_from_db()
    assert contact.queued_at == since
    assignment.change_area(contact, sales.pk, actor=BOT)
    contact.refresh_from_db()
    assert contact.queued_at > since
    open_chat(contact, actor=BOT)
    close_chat(contact, actor=BOT)
    contact.refresh_from_db()
    assert (contact.queued_at, contact.waiting_since) == (None, None)


# Messages and deliveries -------------------------------------------------------


def test_a_message_has_the_time_of_storing(manager):
    old = timezone.now() - timezone.timedelta(days=2)
    chat = builders.make_chat(builders.make_contact(manager))
    message = builders.make_message(chat, created_at=old)
    message.refresh_from_db()
    assert message.stored_at > old + timezone.timedelta(days=1)


def test_rows_of_earlier_versions_have_no_time_of_storing(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_default, is_nullable FROM information_schema.columns"
            " WHERE table_name = 'chats_message' AND column_name = 'stored_at'"
        )
        assert cursor.fetchone() == ("clock_timestamp()", "YES")


@pytest.fixture
def sent(manager):
    chat = builders.make_chat(builders.make_contact(manager))
    message = builders.make_message(
        chat, direction="out", status="sent", gateway_id="g-1"
    )
    return Delivery.objects.create(
        message=message, manager=manager, contact=chat.contact, channel="whatsapp"
    )


def test_a_delivery_has_the_first_time_of_each_status(sent):
    report_status(sent.manager_id, "g-1", "delivered")
    sent.refresh_from_db()
    first = sent.delivered_at
    assert first is not None
    report_status(sent.manager_id, "g-1", "delivered")
    report_status(sent.manager_id, "g-1", "read")
    sent.refresh_from_db()
    assert (sent.sent_at, sent.delivered_at) == (None, first)
    assert sent.read_at >= first


def test_a_failure_has_its_code(sent):
    Message.objects.filter(pk=sent.message_id).update(status="wait")
    assert fail(sent.message_id, sent.fence, "Não.", "bad_number")
    sent.refresh_from_db()
    assert sent.failed_at is not None
    assert sent.failed_code == "bad_number"
