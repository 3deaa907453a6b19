"""Edits, deletions, reactions and quotes in events of gateways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chats.gateways.base import Media
from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    Inbound,
    Origin,
    Person,
    Reaction,
)
from chats.inbound.handlers import WebhookAccount, handle_event
from chats.messages.changes import UnknownMessageError
from chats.models import Message
from tests import builders
from tests.chats.shapes import json_time

pytestmark = pytest.mark.django_db

PHONE = "551133334444"
ANA = Person((PHONE,), "Maria")
AT = datetime(2026, 11, 20, 12, 0, 0, 123000, UTC)


@pytest.fixture
def listener(manager: Any) -> WebhookAccount:
    return WebhookAccount(manager.pk, manager.number, manager.facebook_id)


@pytest.fixture
def handle(listener: WebhookAccount) -> Any:
    """Processes events as a worker does with those of Evolution."""

    def handle(*events: Any) -> None:
        for event in events:
            handle_event(listener, "evolution", event)

    return handle


def text(name: str, content: str = "Oi", **over: Any) -> Inbound:
    return Inbound(name, ANA, Content("text", content), **over)


def file(gateway_id: str, caption: str = "", **media: Any) -> Inbound:
    values = {"mime": "image/png", "base64": "iVBORw0KGgo=", **media}
    return Inbound(gateway_id, ANA, Content("image", caption, Media(**values)))


def shown(api: Any, number: str = PHONE) -> list[dict[str, Any]]:
    body = {"operatorId": "0", "contactId": int(number)}
    answer = api.post("/api/chat/message", body)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_an_edit_stores_the_new_text_and_keeps_the_old_ones(handle, api):
    later = AT + timedelta(minutes=1)
    handle(text("m1", "Cinco"), Edited("m1", "Seis", AT), Edited("m1", "Sete", later))
    [message] = shown(api)
    assert (message["content"], message["edited"]) == ("Sete", json_time(later))
    kept = Message.objects.get().versions.order_by("id")
    assert [version.text for version in kept] == ["Cinco", "Seis"]
    assert kept[1].written_at == AT


def test_an_older_edit_after_a_newer_one_changes_nothing(handle, api):
    later = AT + timedelta(minutes=1)
    handle(text("m1"), Edited("m1", "Sete", later), Edited("m1", "Seis", AT))
    [message] = shown(api)
    assert (message["content"], message["edited"]) == ("Sete", json_time(later))


def test_of_two_edits_in_one_second_the_later_to_arrive_counts(handle, api):
    handle(text("m1"), Edited("m1", "Seis", AT), Edited("m1", "Sete", AT))
    handle(Edited("m1", "Seis", AT))  # the gateway repeats the event
    [message] = shown(api)
    assert message["content"] == "Sete"
    assert Message.objects.get().versions.count() == 2


def test_an_edit_received_twice_is_applied_once(handle):
    handle(text("m1", "Cinco"), Edited("m1", "Seis", AT), Edited("m1", "Seis", AT))
    assert Message.objects.get().versions.count() == 1


def test_the_edit_of_a_file_changes_its_caption(handle, api):
    handle(file("m1", "bolo"), Edited("m1", "meu bolo", AT))
    [message] = shown(api)
    assert (message["content"], message["caption"]) == ("Arquivo em anexo", "meu bolo")
    handle(Edited("m1", "", AT + timedelta(seconds=1)))
    [message] = shown(api)
    assert "caption" not in message
    texts = Message.objects.get().versions.order_by("id").values_list("text", flat=True)
    assert list(texts) == ["bolo", "meu bolo"]


def test_the_edit_of_a_caption_stored_as_a_message_changes_that_row(handle, contact):
    chat = builders.make_chat(contact)
    builders.make_message(
        chat, type="image", content="Arquivo em anexo", gateway_id="m1"
    )
    caption = builders.make_message(chat, content="bolo", gateway_id="m1#caption")
    handle(Edited("m1", "meu bolo", AT))
    caption.refresh_from_db()
    assert caption.content == "meu bolo"


def test_a_message_deleted_by_its_sender_is_kept(handle, api):
    handle(text("m1", "Segredo"), Deleted("m1", AT), Deleted("m1", AT + timedelta(1)))
    [message] = shown(api)
    assert (message["content"], message["deleted"]) == ("Segredo", json_time(AT))
    assert "error" not in message


def test_all_parts_of_a_deleted_message_are_marked(handle, api, contact):
    chat = builders.make_chat(contact)
    for name in ("m1", "m1#1", "m1#caption", "m2"):
        builders.make_message(chat, content=name, gateway_id=name)
    handle(Deleted("m1"))
    deleted = {one["content"]: "deleted" in one for one in shown(api)}
    assert deleted == {"m1": True, "m1#1": True, "m1#caption": True, "m2": False}


def test_each_person_has_one_reaction(handle, api, manager):
    handle(
        text("m1"),
        Reaction("m1", ANA, "👍"),
        Reaction("m1", ANA, "🙏", is_own=True),
        Reaction("m1", ANA, "❤️"),
        Reaction("m1", ANA, "❤️"),
    )
    [message] = shown(api)
    assert message["reactions"] == [
        {"from": str(manager.number), "emoji": "🙏"},
        {"from": int(PHONE), "emoji": "❤️"},
    ]


def test_an_empty_emoji_removes_the_reaction(handle, api):
    handle(text("m1"), Reaction("m1", ANA, "👍"), Reaction("m1", ANA, ""))
    [message] = shown(api)
    assert "reactions" not in message
    assert Message.objects.get().details is None
    handle(Reaction("m1", ANA, ""))


def test_a_reaction_does_not_change_other_details(handle, api):
    handle(
        file("m1", "bolo", name="bolo.png"), Reaction("m1", ANA, "👍"), Deleted("m1")
    )
    handle(Reaction("m1", ANA, ""))
    [message] = shown(api)
    assert {"caption", "fileName", "fileSize", "deleted"} <= message.keys()
    assert "reactions" not in message


@pytest.mark.parametrize(
    "events", [Edited("m1", "x", AT), Deleted("m1"), Reaction("m1", ANA, "👍")]
)
@pytest.mark.parametrize("of_another", [False, True])
def test_changes_of_an_unknown_message_are_reported_as_such(handle, events, of_another):
    if of_another:
        chat = builders.make_chat(builders.make_contact(builders.make_manager()))
        builders.make_message(chat, gateway_id="m1")
    with pytest.raises(UnknownMessageError):
        handle(events)
    assert not Message.objects.filter(details__isnull=False).exists()


def test_a_file_has_its_caption_name_and_size_in_one_message(handle, api):
    handle(file("m1", "meu bolo", name="../fotos/bolo\u202egnp.png"))
    [message] = shown(api)
    assert message["content"] == "Arquivo em anexo"
    assert message["caption"] == "meu bolo"
    assert message["fileName"] == "bolo gnp.png"
    assert message["fileSize"] == 8


def test_a_quoted_message_is_identified_by_our_id(handle, api, contact, manager):
    chat = builders.make_chat(contact)
    sent = builders.make_message(
        chat, direction="out", sender="7", status="sent", gateway_id="q1"
    )
    part = builders.make_message(chat, gateway_id="q2#1")
    stranger = builders.make_chat(builders.make_contact(manager))
    builders.make_message(stranger, gateway_id="q3")
    handle(*[text(f"m{n}", reply_to=f"q{n}") for n in (1, 2, 3, 4)])
    quoted = [one.get("replyTo") for one in shown(api)[2:]]
    assert quoted == [str(sent.uuid), str(part.uuid), None, None]


def test_an_echo_can_quote(handle, api):
    handle(
        text("m1"), Echo("e1", ANA, Content("text", "Sim"), is_api=False, reply_to="m1")
    )
    first, echo = shown(api)
    assert (echo["direction"], echo["replyTo"]) == ("out", first["id"])


def test_the_origin_of_the_customer_is_stored(handle, api):
    origin = Origin("ad", "1234", "Bolos", "https://fb.me/x")
    handle(text("m1", origin=origin))
    [message] = shown(api)
    assert message["origin"] == {
        "kind": "ad",
        "ref": "1234",
        "title": "Bolos",
        "url": "https://fb.me/x",
    }
    assert Message.objects.filter(details__has_key="origin").count() == 1


@pytest.mark.parametrize(
    "details", [{}, [], {"colour": 1}, {"reactions": []}, {"origin": "ad"}, {"from": 1}]
)
def test_the_database_validates_the_details(contact, details):
    chat = builders.make_chat(contact)
    with pytest.raises(IntegrityError), transaction.atomic():
        builders.make_message(chat, details=details)
