"""Edits, deletions, reactions and quotes from Meta's webhooks."""

from __future__ import annotations

import time

import pytest

from chats.models import InboundEvent, Message
from tests import builders
from tests.chats.conftest import PHONE, PSID, post

pytestmark = pytest.mark.django_db(transaction=True)


class CloudNews:
    """Builds webhook bodies of a customer on the Cloud API."""

    path = "/webhooks/whatsapp"
    first, ours = "wamid.first", "wamid.ours"
    channel, person = "whatsapp", PHONE

    def __init__(self, fake):
        self.fake = fake

    def edit(self, name, text):
        message = {"type": "text", "text": {"body": text}}
        return self.says("edit", {"original_message_id": name, "message": message})

    def delete(self, name):
        return self.says("revoke", {"original_message_id": name})

    def react(self, name, emoji):
        return self.says("reaction", {"message_id": name, "emoji": emoji})

    def answer(self, name, text):
        return self.fake.inbound(PHONE, text, context={"id": name})

    def says(self, kind, part, **more):
        now = {"timestamp": str(int(time.time()) + 5)}
        return self.fake.inbound(PHONE, type=kind, **{kind: part}, **now, **more)


class PageNews:
    """Builds webhook bodies of a person on a page."""

    path = "/webhooks/facebook"
    first, ours = "m_first", "m_ours"
    channel, person = "facebook", PSID

    def __init__(self, fake):
        self.fake = fake

    def edit(self, name, text):
        return self.does(message_edit={"mid": name, "text": text, "num_edit": 1})

    def delete(self, name):
        return self.does(message={"mid": name, "is_deleted": True})

    def react(self, name, emoji):
        action = {"action": "react", "emoji": emoji} if emoji else {"action": "unreact"}
        return self.does(reaction={"mid": name, **action})

    def answer(self, name, text):
        return self.fake.inbound(PSID, text, reply_to={"mid": name})

    def does(self, **what):
        now = int(time.time() * 1000) + 5000
        frame = {"sender": {"id": PSID}, "recipient": {"id": self.fake.page}}
        return self.fake.frame({**frame, "timestamp": now, **what})


@pytest.fixture(params=["cloud", "page"])
def events(request):
    fake = request.getfixturevalue(request.param)
    return (CloudNews if request.param == "cloud" else PageNews)(fake)


@pytest.fixture
def process(events, rounds):
    def post_and_work(body):
        assert post(events.fake, events.path, body).status_code == 200
        rounds.make()
        assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}

    return post_and_work


@pytest.fixture
def chat(events, manager):
    """A chat with a customer's message and our reply."""
    contact = builders.make_contact(
        manager, channel=events.channel, external_id=events.person
    )
    chat = builders.make_chat(contact)
    builders.make_message(chat, content="Quero bolo", gateway_id=events.first)
    builders.make_message(
        chat, content="Qual?", gateway_id=events.ours, direction="out", status="sent"
    )
    return chat


def message(name):
    return Message.objects.get(gateway_id=name)


def test_an_edit_changes_the_message_and_keeps_the_old_text(chat, events, process):
    process(events.edit(events.first, "Quero torta"))
    edited = message(events.first)
    assert edited.content == "Quero torta"
    assert "edited" in edited.details
    assert [version.text for version in edited.versions.all()] == ["Quero bolo"]
    assert Message.objects.count() == 2


def test_a_message_is_deleted_by_its_sender(chat, events, process):
    process(events.delete(events.first))
    assert "deleted" in message(events.first).details
    assert message(events.first).content == "Quero bolo"
    assert Message.objects.count() == 2


def test_a_reaction_is_added_and_removed(chat, events, process):
    process(events.react(events.ours, "👍"))
    assert message(events.ours).details == {"reactions": [{"from": "", "emoji": "👍"}]}
    process(events.react(events.ours, ""))
    assert message(events.ours).details is None
    assert Message.objects.count() == 2


def test_a_reply_quotes_our_message(chat, events, process):
    process(events.answer(events.ours, "De cenoura"))
    answer = Message.objects.latest("id")
    assert answer.content == "De cenoura"
    assert answer.details == {"replyTo": str(message(events.ours).uuid)}


def test_a_reply_to_an_unknown_message_is_stored(chat, events, process):
    process(events.answer("wamid.unknown", "De cenoura"))
    assert Message.objects.latest("id").details is None
