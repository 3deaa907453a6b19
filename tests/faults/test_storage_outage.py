"""Files cannot be stored: messages are received anyway, their files later."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chats.accounts.registry import webhook_path
from chats.inbound import handlers
from chats.inbound.queue import retry
from chats.models import Attachment, InboundEvent, MediaFetch, Message
from hci_center.errors import UnavailableError
from tests.chats.accounts.test_alerts import probe
from tests.chats.conftest import (
    PHONE,
    PNG,
    cloud,
    evolution,
    post,
    rounds,
    stored_bytes,
)

__all__ = ["cloud", "evolution", "rounds"]

pytestmark = pytest.mark.django_db(transaction=True)


class Storage:
    """A folder for files that can be made unavailable and available again."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def go(self):
        # Root may write to any folder, so a file replaces the folder.
        self.folder.write_bytes(b"")

    def come_back(self):
        self.folder.unlink()


@pytest.fixture
def storage(settings):
    return Storage(settings.MEDIA_ROOT)


def try_again():
    """Makes retries due, as if the time had passed."""
    MediaFetch.objects.update(next_at=datetime.now(UTC))
    InboundEvent.objects.update(next_at=datetime.now(UTC))


def image_of(evolution):
    message = {"imageMessage": {"mimetype": "image/png", "caption": "o bolo"}}
    message["base64"] = b64encode(PNG).decode()
    return evolution.inbound(
        f"{PHONE}@s.whatsapp.net", message=message, messageType="imageMessage"
    )


def text_of(evolution, text):
    return evolution.inbound(f"{PHONE}@s.whatsapp.net", text)


def test_a_message_with_content_is_stored_at_once_and_its_file_later(
    evolution, manager, rounds, storage
):
    storage.go()
    path = webhook_path("evolution", manager.pk)
    post(evolution, path, image_of(evolution))
    post(evolution, path, text_of(evolution, "Gostou?"))
    rounds.make()
    picture, text = Message.objects.order_by("id")
    assert (picture.type, picture.error) == ("image", "The file is on its way.")
    assert picture.details == {"caption": "o bolo"}
    assert text.content == "Gostou?"
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}
    for _ in range(12):
        try_again()
        rounds.make()
    assert MediaFetch.objects.get().attempts == 0
    storage.come_back()
    try_again()
    rounds.make()
    picture.refresh_from_db()
    assert picture.error == ""
    assert stored_bytes(Attachment.objects.get(message=picture)) == PNG
    assert not MediaFetch.objects.exists()


def test_a_file_of_the_gateway_is_fetched_until_it_can_be_stored(
    cloud, rounds, storage
):
    storage.go()
    cloud.media["777"] = (PNG, "image/png")
    image = {"id": "777", "mime_type": "image/png"}
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, type="image", image=image))
    for _ in range(12):
        rounds.make()
        try_again()
    assert Message.objects.get().error == "The file is on its way."
    storage.come_back()
    try_again()
    rounds.make()
    assert stored_bytes(Attachment.objects.get()) == PNG


def test_after_a_day_the_file_is_marked_as_missing(evolution, manager, rounds, storage):
    storage.go()
    post(evolution, webhook_path("evolution", manager.pk), image_of(evolution))
    rounds.make()
    since = datetime.now(UTC) - timedelta(hours=23)
    MediaFetch.objects.update(unstored_since=since)
    try_again()
    rounds.make()
    assert MediaFetch.objects.exists()
    MediaFetch.objects.update(unstored_since=since - timedelta(hours=2))
    try_again()
    rounds.make()
    assert Message.objects.get().error == "The file could not be fetched."
    assert not MediaFetch.objects.exists()


def test_a_probe_fails_as_long_as_files_cannot_be_stored(
    evolution, manager, rounds, storage
):
    assert probe() == "ok"
    storage.go()
    post(evolution, webhook_path("evolution", manager.pk), image_of(evolution))
    rounds.make()
    assert probe() == "files cannot be stored: 1"
    storage.come_back()
    try_again()
    rounds.make()
    assert probe() == "ok"


def test_an_event_that_needs_storage_waits_a_day_without_blocking_others(
    evolution, manager, rounds, monkeypatch
):
    """Currently no event needs it, as files are stored after their messages."""
    plain, away = handlers.record_message, [True]

    def record(arrival, *, actor):
        if away and arrival.content == "Preciso":
            raise UnavailableError
        return plain(arrival, actor=actor)

    monkeypatch.setattr(handlers, "record_message", record)
    path = webhook_path("evolution", manager.pk)
    for text in ("Preciso", "Não preciso"):
        post(evolution, path, text_of(evolution, text))
    for _ in range(8):
        rounds.make()
        try_again()
    assert [m.content for m in Message.objects.all()] == ["Não preciso"]
    assert InboundEvent.objects.filter(state="waiting").count() == 1
    away.clear()
    rounds.make()
    assert [m.content for m in Message.objects.order_by("id")] == [
        "Não preciso",
        "Preciso",
    ]


def test_an_event_that_waited_for_storage_for_more_than_a_day_is_parked(
    evolution, manager, rounds, monkeypatch
):
    def record(*_, **__):
        raise UnavailableError

    monkeypatch.setattr(handlers, "record_message", record)
    path = webhook_path("evolution", manager.pk)
    post(evolution, path, text_of(evolution, "Oi"))
    InboundEvent.objects.update(arrived_at=datetime.now(UTC) - timedelta(hours=25))
    rounds.make()
    event = InboundEvent.objects.get()
    assert (event.state, event.note) == ("parked", "Its file could not be stored.")


def test_a_parked_event_raises_an_alert_until_acknowledged(
    evolution, manager, rounds, caplog
):
    caplog.set_level(logging.ERROR)
    event = InboundEvent.objects.create(source="evolution", lane="987654", payload="{}")
    rounds.make()
    assert InboundEvent.objects.get().state == "parked"
    assert caplog.messages == [f"inbound event {event.pk} of evolution is parked"]
    assert probe() == "events of gateways are parked: 1"
    InboundEvent.objects.update(lane=str(manager.pk))
    assert retry([event.pk]) == 1
    assert probe() == "ok"
    rounds.make()
    assert InboundEvent.objects.get().state == "parked"
