"""Echoes confirm messages with an unknown result instead of creating new ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chats.accounts import pauses
from chats.accounts.registry import MESSENGER, GatewayAccountRef
from chats.gateways.base import Account, Media
from chats.gateways.events import Content, Echo, Person, Receipt
from chats.inbound.handlers import WebhookAccount, handle_event
from chats.inbound.sent_messages import NotYetError
from chats.models import Delivery, Message
from tests.chats.conftest import queue

pytestmark = pytest.mark.django_db

FILE = "Arquivo em anexo"
CAPTION_LOST = "The file was sent, but maybe not what was said with it."


@pytest.fixture
def handle(manager):
    account = WebhookAccount(manager.pk, manager.number, manager.facebook_id)
    return lambda source, event: handle_event(account, source, event)


def in_doubt(contact: Any, text: str = "Olá", **over: Any) -> Message:
    message = queue(contact, text, **over)
    message.delivery.doubt_until = timezone.now()
    message.delivery.save()
    return message


def given_up(contact: Any, text: str = "Olá", code: str = "maybe_delivered") -> Message:
    message = queue(contact, text, status="failed", error="It may be there.")
    delivery = message.delivery
    delivery.done_at = delivery.failed_at = timezone.now()
    delivery.failed_code = code
    delivery.save()
    return message


def echo_of(contact: Any, content: Content, **over: Any) -> Echo:
    return Echo("3EB0", Person((contact.external_id,)), content, **over)


def state_of(message: Message) -> tuple[str, str | None]:
    message.refresh_from_db()
    return message.status, message.gateway_id


@pytest.mark.parametrize("caption", ["", "Seu bolo"])
@pytest.mark.parametrize(
    ("kind", "echoed"),
    [
        ("image", "image"),
        ("image", "video"),
        ("video", "video"),
        ("audio", "audio"),
        ("audio", "file"),
        ("pdf", "file"),
        ("file", "file"),
    ],
)
def test_the_echo_of_a_file_confirms_it(contact, handle, kind, echoed, caption):
    details = {"caption": caption} if caption else None
    message = in_doubt(contact, FILE, type=kind, details=details)
    shown = "" if echoed == "audio" else caption
    content = Content(echoed, shown, Media(mime="x/y"))
    handle("evolution", echo_of(contact, content, is_api=True))
    assert state_of(message) == ("sent", "3EB0")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [
        Content("image", "Outro bolo", Media()),
        Content("video", "Seu bolo", Media()),
        Content("text", "Seu bolo"),
    ],
)
def test_another_file_or_text_is_a_new_message(contact, handle, content):
    message = in_doubt(contact, FILE, type="pdf", details={"caption": "Seu bolo"})
    handle("evolution", echo_of(contact, content, is_api=True))
    assert state_of(message) == ("wait", None)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(("caption", "is_ours"), [("", False), ("Seu bolo", True)])
def test_a_file_without_caption_may_be_from_the_phone(
    contact, handle, caption, is_ours
):
    details = {"caption": caption} if caption else None
    message = in_doubt(contact, FILE, type="image", details=details)
    handle("wppconnect", echo_of(contact, Content("image", caption, Media())))
    assert (state_of(message)[0] == "sent") is is_ours


def test_a_late_echo_proves_that_the_message_was_sent(contact, handle):
    message = given_up(contact)
    echo = echo_of(contact, Content("text", "Olá"), is_api=True, at=timezone.now())
    handle("evolution", echo)
    assert state_of(message) == ("sent", "3EB0")
    assert message.error == ""
    delivery = Delivery.objects.get()
    assert (delivery.failed_code, delivery.sent_at is None) == ("", False)
    assert Message.objects.count() == 1


def test_later_messages_of_other_programs_are_new_messages(contact, handle):
    message = given_up(contact)
    said = Content("text", "Olá")
    later = timezone.now() + timedelta(minutes=5)
    handle("evolution", echo_of(contact, said, is_api=True, at=later))
    assert state_of(message) == ("failed", None)
    assert Message.objects.count() == 2


def test_messages_typed_on_the_phone_are_new_messages(contact, handle):
    message = given_up(contact)
    handle("wppconnect", echo_of(contact, Content("text", "Olá")))
    assert state_of(message) == ("failed", None)
    assert Message.objects.count() == 2


def test_a_later_message_with_the_same_text_is_new(contact, handle):
    first, second = given_up(contact), queue(contact)
    Delivery.objects.filter(message=second).update(in_flight=True)
    with pytest.raises(NotYetError):
        handle("evolution", echo_of(contact, Content("text", "Olá"), is_api=True))
    assert state_of(first) == ("failed", None)


def test_events_with_our_id_confirm_a_failed_message(contact, page_contact, handle):
    texted, posted = given_up(contact), given_up(page_contact)
    handle("whatsapp", Receipt("sent", ("wamid.1",), str(texted.uuid)))
    content = Content("text", "Olá")
    handle("facebook", echo_of(page_contact, content, uuid=str(posted.uuid)))
    assert state_of(texted) == ("sent", "wamid.1")
    assert state_of(posted) == ("sent", "3EB0")


def test_a_message_that_the_gateway_refused_stays_failed(contact, handle):
    message = given_up(contact, code="bad_message")
    handle("whatsapp", Receipt("sent", ("wamid.1",), str(message.uuid)))
    assert state_of(message)[0] == "failed"


def test_a_file_whose_caption_was_not_sent_has_a_note(page_contact, handle):
    message = in_doubt(page_contact, FILE, type="image", details={"caption": "Bolo"})
    uuid = str(message.uuid)
    picture, text = Content("image", "", Media()), Content("text", "Bolo")
    handle("facebook", echo_of(page_contact, picture, uuid=uuid))
    assert state_of(message)[0] == "sent"
    assert message.error == CAPTION_LOST
    caption = Echo("m_2", Person((page_contact.external_id,)), text, uuid=uuid)
    handle("facebook", caption)
    assert state_of(message)[0] == "sent"
    assert message.error == ""


def test_an_event_during_an_attempt_waits_until_the_caption_is_sent(
    page_contact, contact, handle
):
    picture = queue(page_contact, FILE, type="image", details={"caption": "Bolo"})
    sound = queue(contact, FILE, type="audio", details={"caption": "Ouça"})
    Delivery.objects.update(in_flight=True)
    content = Content("image", "", Media())
    echo = echo_of(page_contact, content, uuid=str(picture.uuid))
    receipt = Receipt("delivered", ("wamid.1",), str(sound.uuid))
    for source, event in (("facebook", echo), ("whatsapp", receipt)):
        with pytest.raises(NotYetError):
            handle(source, event)
    assert not Delivery.objects.filter(done_at__isnull=False).exists()
    # After the attempts have ended, both are applied at once.
    Delivery.objects.update(in_flight=False, done_at=timezone.now())
    handle("facebook", echo)
    handle("whatsapp", receipt)
    assert state_of(picture) == ("sent", "3EB0")
    assert state_of(sound) == ("delivered", "wamid.1")
    assert (picture.error, sound.error) == ("", "")


def test_a_message_no_longer_shows_the_pause_that_is_over(page_contact):
    message = in_doubt(page_contact)
    place = (page_contact.manager_id, page_contact.channel)
    account = Account("page", "http://127.0.0.1")
    ref = GatewayAccountRef(*place, MESSENGER, account)
    pauses.pause(ref, "redirected", "Another answers.", 60)
    message.refresh_from_db()
    assert message.error == "Another answers."
    pauses.resume(*place)
    message.refresh_from_db()
    assert message.error == ""
