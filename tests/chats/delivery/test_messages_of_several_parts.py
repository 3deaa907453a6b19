"""Messages that are sent in several parts, like a file and its caption on a page."""

from __future__ import annotations

import pytest

from chats.delivery.queue import claim
from chats.delivery.results import AttemptResult, settle
from chats.gateways.base import Accepted
from chats.gateways.events import Content, Echo, Edited, Inbound, Person, Reaction
from chats.inbound.handlers import WebhookAccount, handle_event
from chats.models import Delivery, Message
from tests.chats.conftest import PSID, queue

pytestmark = pytest.mark.django_db

ANA = Person((PSID,))
ECHO = Echo("m_2", ANA, Content("text", "Meu bolo"), is_api=True)


@pytest.fixture
def say(manager):
    account = WebhookAccount(manager.pk, manager.number, manager.facebook_id)
    return lambda *events: [handle_event(account, "facebook", one) for one in events]


@pytest.fixture
def sent(page_contact):
    """Settles a message that was sent as m_1 and m_2."""
    message = queue(page_contact, "Arquivo em anexo", type="image")
    [job] = claim(5, 5, 60, {})

    def send():
        settle(AttemptResult(job, Accepted(("m_1", "m_2"))))
        message.refresh_from_db()
        return message

    return send


def test_it_is_known_by_every_id(sent, say):
    message = sent()
    assert message.gateway_id == "m_1"
    say(Inbound("m_3", ANA, Content("text", "Que lindo"), reply_to="m_2"))
    say(Reaction("m_2", ANA, "❤️"))
    message.refresh_from_db()
    assert message.details == {"reactions": [{"from": "", "emoji": "❤️"}]}
    answer = Message.objects.get(direction="in")
    assert answer.details == {"replyTo": str(message.uuid)}
    say(Edited("m_2", "Nosso bolo"))
    message.refresh_from_db()
    assert message.details["caption"] == "Nosso bolo"


def test_the_echo_of_a_part_is_not_stored_as_a_message(sent, say):
    sent()
    say(ECHO)
    assert Message.objects.count() == 1


def test_an_echo_of_a_part_stored_before_is_deleted(sent, say):
    """The gateway's echoes do not have our id."""
    Delivery.objects.update(in_flight=False)
    say(ECHO)
    assert Message.objects.count() == 2
    Delivery.objects.update(in_flight=True)
    message = sent()
    assert Message.objects.get() == message


def test_storing_the_result_twice_changes_nothing(sent):
    sent()
    assert [part.gateway_id for part in sent().parts.all()] == ["m_2"]
