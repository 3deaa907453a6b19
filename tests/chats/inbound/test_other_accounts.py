"""Events of another instance, sent to a manager's webhook address, are parked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chats.accounts.registry import webhook_path
from chats.inbound import queue as event_queue
from chats.models import GatewayAccount, InboundEvent, Message
from contacts.models import Contact
from managers.models import Manager
from tests import builders
from tests.chats.conftest import PHONE, post, queue

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES = ("evolution", "wppconnect")


@pytest.fixture
def gateway(request: Any) -> Any:
    return request.getfixturevalue(request.param)


def save_settings(manager: Manager, **over: str) -> None:
    found = json.loads(manager.gateway_settings) | over
    manager.gateway_settings = json.dumps(found)
    manager.save()


def name_of(source: str) -> str:
    return {"evolution": "instance", "wppconnect": "session"}[source]


@pytest.mark.parametrize(
    ("gateway", "source"), [(each, each) for each in SOURCES], indirect=["gateway"]
)
def test_an_event_of_another_account_is_parked(gateway, source, manager, rounds):
    path = webhook_path(source, manager.pk)
    save_settings(manager, **{name_of(source): "matriz"})
    post(gateway, path, gateway.inbound(f"{PHONE}@c.us", "Oi"))
    rounds.make()
    assert not Contact.objects.exists()
    event = InboundEvent.objects.get()
    assert event.state == "parked"
    assert "padaria" in event.note
    # Once the name in the settings is right, it can be tried again.
    save_settings(manager, **{name_of(source): " padaria "})
    event_queue.retry([event.pk])
    rounds.make()
    assert Message.objects.get().content == "Oi"


@pytest.mark.parametrize(
    ("gateway", "source"), [(each, each) for each in SOURCES], indirect=["gateway"]
)
def test_without_an_instance_in_the_settings_any_is_accepted(
    gateway, source, manager, rounds
):
    path = webhook_path(source, manager.pk)
    save_settings(manager, **{name_of(source): ""})
    post(gateway, path, gateway.inbound(f"{PHONE}@c.us", "Oi"))
    rounds.make()
    assert Message.objects.get().content == "Oi"


def test_a_receipt_of_another_account_changes_no_message(evolution, manager, rounds):
    contact = builders.make_contact(manager, external_id=PHONE)
    evolution.people.add(PHONE)
    message = queue(contact, "Olá")
    rounds.make()
    message.refresh_from_db()
    sent = message.status
    save_settings(manager, instance="matriz")
    for events in evolution.events:
        post(evolution, webhook_path("evolution", manager.pk), events)
    rounds.make()
    message.refresh_from_db()
    assert message.status == sent
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"parked"}
    assert not GatewayAccount.objects.filter(state="closed").exists()
