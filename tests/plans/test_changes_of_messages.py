"""Changes of a message find it by an index, however many there are."""

from __future__ import annotations

import pytest

from chats.gateways.events import Content, Deleted, Edited, Inbound, Person, Reaction
from chats.inbound.handlers import WebhookAccount, handle_event
from chats.models import Message
from tests.plans.reading import work_of


@pytest.fixture
def message(crowd):
    found = Message.objects.filter(manager=crowd, contact__protocol="C1-1").first()
    Message.objects.filter(pk=found.pk).update(gateway_id="m1")
    return found


@pytest.mark.parametrize(
    "made",
    [
        lambda person: Edited("m1", "Outro"),
        lambda person: Deleted("m1"),
        lambda person: Reaction("m1", person, "👍"),
        lambda person: Inbound("m2", person, Content("text", "Sim"), reply_to="m1"),
    ],
    ids=["edit", "deletion", "reaction", "quote"],
)
def test_a_message_is_found_by_index(crowd, message, made):
    person = Person((message.contact.external_id,))
    listener = WebhookAccount(crowd.pk, crowd.number, crowd.facebook_id)
    work, _ = work_of(lambda: handle_event(listener, "evolution", made(person)))
    assert "chats_message" not in work.whole
    assert work.rows["chats_message"] <= 12, work.statements
