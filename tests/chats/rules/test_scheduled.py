"""Scheduled messages are sent once, at their time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.conversations.assignment import delete_contact
from chats.conversations.audit import Actor
from chats.gateways.events import Person
from chats.inbound.contact_merge import resolve_contact
from chats.models import (
    Chat,
    ChatEvent,
    Delivery,
    Message,
    ScheduledMessage,
    Task,
)
from chats.rules import scheduled
from hci_center.background.models import BackgroundFault
from tests import builders
from tests.chats.rules.running import run_tasks
from tests.chats.rules.scheduling import (
    TEMPLATE,
    cancel,
    listed,
    make_due,
    scheduled_id,
    soon,
    state,
    write_now,
)
from tests.contract.shapes import refused
from tests.racing import at_once


def test_it_is_sent_for_the_operator(api, contact, ana):
    message_id = scheduled_id(api, contact, ana)
    make_due()
    run_tasks()
    message = Message.objects.get()
    assert (message.sender, message.auto, message.content, message.status) == (
        str(ana.pk),
        "schedule",
        "Conseguiu ver?",
        "wait",
    )
    delivery = Delivery.objects.get()
    assert (delivery.message_id, delivery.template) == (message.pk, None)
    assert state() == "sent"
    assert not Task.objects.exists()
    # It answers no customer and assigns the contact to nobody.
    opened, sent = ChatEvent.objects.order_by("pk")
    assert (opened.kind, opened.cause) == ("opened", "operator")
    assert (sent.kind, sent.detail) == ("scheduled", {"scheduled": int(message_id)})
    assert (sent.actor, sent.acting_operator_id) == ("rule:schedule", ana.pk)
    contact.refresh_from_db()
    assert contact.operator is None
    assert contact.last_message_at == message.created_at
    assert contact.protocol == Chat.objects.get().protocol
    refused(cancel(api, contact, ana, message_id), 409, "already_sent")


def test_it_is_not_an_answer(api, contact, ana):
    chat = builders.make_chat(contact)
    since = timezone.now() - timedelta(minutes=3)
    contact.waiting_since, contact.unread = since, 2
    contact.save()
    scheduled_id(api, contact, ana)
    make_due()
    run_tasks()
    contact.refresh_from_db()
    assert (contact.waiting_since, contact.unread) == (since, 2)
    assert Message.objects.get().chat == chat


def test_several_are_sent_in_the_order_of_their_times(api, contact, ana):
    for place, hours in enumerate((3, 1, 2)):
        scheduled_id(api, contact, ana, content2=str(place), sendAt=soon(hours=hours))
    make_due(ago=2, text="1")
    make_due(ago=1, text="2")
    run_tasks()
    assert list(Message.objects.order_by("pk").values_list("content", flat=True)) == [
        "1",
        "2",
    ]
    task = Task.objects.get()
    assert task.run_at == ScheduledMessage.objects.get(state="waiting").send_at


def test_a_message_scheduled_later_for_an_earlier_time_is_sent_first(api, contact, ana):
    scheduled_id(api, contact, ana, sendAt=soon(hours=3))
    scheduled_id(api, contact, ana, sendAt=soon(hours=1))
    scheduled_id(api, contact, ana, sendAt=soon(hours=2))
    assert Task.objects.get().run_at == min(
        ScheduledMessage.objects.values_list("send_at", flat=True)
    )


def test_over_an_hour_late_it_is_missed(api, contact, ana):
    message_id = scheduled_id(api, contact, ana)
    make_due(ago=3601)
    run_tasks()
    assert not Message.objects.exists()
    assert not ChatEvent.objects.exists()
    assert [row["state"] for row in listed(api, contact, ana)] == ["missed"]
    refused(cancel(api, contact, ana, message_id), 409, "already_sent")
    ScheduledMessage.objects.update(send_at=timezone.now() - timedelta(days=8))
    assert listed(api, contact, ana) == []


def test_just_an_hour_late_it_is_sent(api, contact, ana):
    scheduled_id(api, contact, ana)
    make_due(ago=3590)
    run_tasks()
    assert state() == "sent"


@pytest.fixture
def cloud_manager(manager):
    manager.gateway = "whatsapp_cloud"
    manager.save()
    return manager


def test_outside_the_reply_window_a_text_is_not_sent(api, cloud_manager, contact, ana):
    for ago, expected in (({"hours": 23}, "sent"), ({"hours": 24}, "failed")):
        write_now(contact, **ago)
        ScheduledMessage.objects.all().delete()
        scheduled_id(api, contact, ana)
        make_due()
        run_tasks()
        assert state() == expected
    assert Message.objects.count() == 1
    (row,) = listed(api, contact, ana)
    assert (row["state"], bool(row["error"])) == ("failed", True)


def test_outside_the_reply_window_a_template_is_sent(api, cloud_manager, contact, ana):
    scheduled_id(api, contact, ana, **TEMPLATE)  # nothing was ever written
    make_due()
    run_tasks()
    message = Message.objects.get()
    assert (message.type, message.content) == ("template", "lembrete: Maria, 10 h")
    assert Delivery.objects.get().template == TEMPLATE
    write_now(contact, hours=1)
    scheduled_id(api, contact, ana, **TEMPLATE)
    make_due(state="waiting")
    run_tasks()
    assert Message.objects.last().type == "text"
    scheduled_id(api, contact, ana, content2=None, **TEMPLATE)
    make_due(state="waiting")
    run_tasks()
    assert Message.objects.last().type == "template"


def test_it_fails_if_the_new_gateway_does_not_support_it(
    api, cloud_manager, contact, ana
):
    scheduled_id(api, contact, ana, content2=None, **TEMPLATE)
    cloud_manager.gateway = "controller"
    cloud_manager.save()
    make_due()
    run_tasks()
    (row,) = listed(api, contact, ana)
    assert row["state"] == "failed"
    assert not Message.objects.exists()


def test_it_fails_if_the_operator_is_deactivated(api, contact, ana):
    scheduled_id(api, contact, ana)
    ana.is_active = False
    ana.save()
    make_due()
    run_tasks()
    assert state() == "failed"
    assert not Message.objects.exists()


def test_a_row_that_fails_does_not_block_others(api, contact, ana, monkeypatch):
    for text in ("bad", "good"):
        scheduled_id(api, contact, ana, content2=text)
    real = scheduled.store

    def store(locked, draft, *args, **how):
        if draft.content == "bad":
            raise RuntimeError("broken")
        return real(locked, draft, *args, **how)

    monkeypatch.setattr(scheduled, "store", store)
    make_due()
    run_tasks()
    states = dict(ScheduledMessage.objects.values_list("text", "state"))
    assert states == {"bad": "failed", "good": "sent"}
    assert [one.content for one in Message.objects.all()] == ["good"]
    assert BackgroundFault.objects.filter(task="scheduled").exists()


# Deleting and merging


def test_deleting_the_contact_cancels_it(api, contact, ana):
    scheduled_id(api, contact, ana)
    delete_contact(contact, actor=Actor("key:1"))
    assert state() == "cancelled"
    assert not Task.objects.exists()


def test_merged_contacts_have_the_messages_of_both(api, manager, ana, sales):
    main, other = (builders.make_contact(manager, area=sales) for _ in range(2))
    scheduled_id(api, main, ana, content2="main", sendAt=soon(hours=2))
    scheduled_id(api, other, ana, content2="other", sendAt=soon(hours=1))
    both = Person(ids=(main.external_id, other.external_id), name="x")
    merged = resolve_contact(manager.pk, "whatsapp", both, actor=Actor("key:1"))
    assert [row["text"] for row in listed(api, merged, ana)] == ["other", "main"]
    task = Task.objects.get(kind="scheduled")
    assert task.contact_id == merged.pk
    assert task.run_at == ScheduledMessage.objects.get(text="other").send_at
    make_due()
    run_tasks()
    assert set(Message.objects.values_list("contact", "auto")) == {
        (merged.pk, "schedule")
    }
    assert Message.objects.count() == 2


# Races


@pytest.mark.django_db(transaction=True)
def test_a_message_is_either_cancelled_or_sent(api, contact, ana):
    outcomes = set()
    for _ in range(15):
        message_id = scheduled_id(api, contact, ana)
        make_due(pk=message_id)
        _, response = at_once(
            [run_tasks, lambda m=message_id: cancel(api, contact, ana, m)]
        )
        was = ScheduledMessage.objects.get(pk=message_id).state
        outcomes.add(was)
        sent = Message.objects.filter(auto="schedule")
        if response.status_code == 200:
            assert (was, sent.count()) == ("cancelled", 0)
        else:
            refused(response, 409, "already_sent")
            assert (was, sent.count()) == ("sent", 1)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE chats_delivery, chats_message CASCADE")
    assert outcomes <= {"sent", "cancelled"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_simultaneous_callers_send_each_message_once(api, contact, ana):
    rows = [scheduled_id(api, contact, ana, content2=str(one)) for one in range(6)]
    make_due()
    at_once(
        [
            run_tasks,
            run_tasks,
            lambda: scheduled_id(api, contact, ana, content2="new", sendAt=soon()),
        ]
    )
    run_tasks()
    assert Message.objects.filter(auto="schedule").count() == len(rows)
    waiting = ScheduledMessage.objects.get(state="waiting")
    assert Task.objects.get(kind="scheduled").run_at <= waiting.send_at
