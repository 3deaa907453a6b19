"""Files that a gateway only accepts in another format are converted before sending."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import av
import pytest

from chats.delivery import conversions
from chats.files.conversion import running
from chats.gateways import media_types
from chats.models import Attachment, ConvertedFile, Message
from chats.worker.limits import Limits
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.evolution import FakeEvolution
from tests import builders
from tests.chats.conftest import PHONE, make_due, record, stored_bytes
from tests.chats.files.conversion import samples
from tests.chats.files.sample_files import data_uri

pytestmark = pytest.mark.django_db(transaction=True)

TO_PAGE = "/api/chat/message/send/operator/file/facebook"


@pytest.fixture
def say(api, ana, customer):
    def say(text):
        body = {"contactNumber": PHONE, "operatorId": str(ana.pk), "content2": text}
        answer = api.post("/api/chat/message/send/operator/8080", body)
        assert answer.status_code == 200, answer.content

    return say


def codec_of(content):
    with av.open(io.BytesIO(content)) as read:
        [stream] = read.streams.audio
        return read.format.name, stream.codec_context.name, stream.channels


def test_a_recording_is_sent_as_a_voice_note_and_stored_unchanged(
    controller, send, rounds
):
    shown = record(send)
    assert (shown["type"], shown["status"]) == ("audio", "wait")
    rounds.make()
    message = Message.objects.get()
    assert message.status == "sent"
    [left] = controller.delivered
    assert (left.mime, left.name[-4:]) == ("audio/ogg", ".ogg")
    assert codec_of(left.content) == ("ogg", "opus", 1)
    original = Attachment.objects.get()
    assert original.mime == "audio/webm"
    assert stored_bytes(original) == samples.recording_of_chrome()


def test_later_messages_of_the_contact_wait_for_the_conversion(
    controller, send, say, rounds
):
    record(send)
    say("ouviu?")
    assert rounds.worker._calls.send() is False
    assert controller.delivered == []
    rounds.make()
    assert [left.kind for left in controller.delivered] == ["audio", "text"]


def test_other_contacts_do_not_wait_for_the_conversion(
    controller, manager, ana, send, say, rounds, api
):
    record(send)
    builders.make_contact(manager, external_id="5511900001111", area=ana.areas.get())
    body = {"contactNumber": 5511900001111, "operatorId": str(ana.pk)}
    api.post("/api/chat/message/send/operator/8080", {**body, "content2": "Oi"})
    rounds.worker._side.conversions = 0
    rounds.make()
    assert [left.text for left in controller.delivered] == ["Oi"]


@pytest.mark.parametrize(
    ("make", "mime", "message_type", "reason"),
    [
        (lambda: b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(20), "audio/webm",
         "audio", "The file is damaged, or is not of the declared type."),
        (lambda: samples.film("webm", "libvpx"), "audio/webm", "audio",
         "There is no picture or no sound in the file."),
    ],
)  # fmt: skip
def test_a_failed_conversion_has_its_reason_and_does_not_block_the_next_message(
    controller, send, say, rounds, make, mime, message_type, reason
):
    assert send(make(), mime, message_type).status_code == 200
    say("e então?")
    rounds.make()
    file, text = Message.objects.order_by("id")
    assert (file.status, file.error) == ("failed", reason)
    assert text.status == "sent"
    assert not ConvertedFile.objects.exists()


def test_resending_converts_again(controller, send, rounds, api, ana, monkeypatch):
    def fail(*_):
        raise running.CannotConvertError("too_long")

    monkeypatch.setattr(conversions, "convert", fail)
    record(send)
    rounds.make()
    message = Message.objects.get()
    assert message.error == "The file takes too long to be converted."
    monkeypatch.undo()
    body = {"operatorId": str(ana.pk), "contactId": PHONE, "id": str(message.uuid)}
    answer = api.put("/api/chat/message/again", body)
    assert answer.status_code == 200, answer.content
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    assert codec_of(controller.delivered[0].content)[0] == "ogg"


def test_a_retry_sends_the_first_conversion(controller, send, rounds):
    error = {"success": False, "error": {"code": "throttled", "message": "slow"}}
    controller.faults.append(faults.reply(429, error))
    record(send)
    rounds.make()
    made = ConvertedFile.objects.get()
    make_due(Message.objects.get())
    rounds.make()
    assert len(controller.delivered) == 1
    assert ConvertedFile.objects.get().uuid == made.uuid


def test_a_change_of_gateway_converts_again(
    controller, manager, send, rounds, settings
):
    record(send)
    rounds.worker._calls._limits = Limits(sends=0)
    while not ConvertedFile.objects.filter(made_at__isnull=False).exists():
        rounds.make()
    assert ConvertedFile.objects.get().gateway == "controller"
    with FakeEvolution(instance="padaria", key="k") as evolution:
        evolution.people.add(PHONE)
        given = {"url": evolution.url, "instance": "padaria", "apikey": "k"}
        manager.gateway, manager.gateway_settings = "evolution", json.dumps(given)
        manager.save()
        rounds.worker._calls._limits = Limits()
        rounds.make()
        assert [left.kind for left in evolution.delivered] == ["ptt"]
    assert ConvertedFile.objects.get().gateway == "evolution"
    assert Message.objects.get().status in ("sent", "delivered", "read")


def test_a_file_that_a_new_gateway_refuses_fails_with_the_reason(
    controller, manager, send, rounds
):
    assert send(samples.archive("a"), "application/zip", "file").status_code == 200
    given = {"phoneNumberId": "1", "token": "t", "appSecret": "s"}
    manager.gateway, manager.gateway_settings = "whatsapp_cloud", json.dumps(given)
    manager.save()
    rounds.make()
    message = Message.objects.get()
    assert (message.status, message.error) == (
        "failed",
        "The manager's gateway takes no files of this type: application/zip.",
    )


@pytest.mark.parametrize(
    ("content", "mime", "message_type"),
    [
        (samples.archive("a"), "application/zip", "file"),
        (b"MZ\x90\x00" + bytes(60), "application/x-msdownload", "file"),
    ],
)
def test_a_file_that_the_gateway_never_accepts_is_refused_by_the_call(
    cloud, send, content, mime, message_type
):
    answer = send(content, mime, message_type)
    assert answer.status_code == 400
    fields = answer.json()["error"]["fields"]
    assert list(fields) == ["base64"]
    assert fields["base64"][0].startswith(
        "The manager's gateway takes no files of this type: application/"
    )
    assert not Message.objects.exists()


def test_a_file_too_large_for_its_gateway_is_refused_by_the_call(
    api, ana, page_contact, monkeypatch
):
    takes = media_types.GATEWAYS["messenger"]
    assert takes.largest_file == 25_000_000
    least = replace(takes, largest_file=len(samples.PDF) - 1)
    monkeypatch.setitem(media_types.GATEWAYS, "messenger", least)
    body = {"contactId": page_contact.external_id, "from": str(ana.pk), "type": "file"}
    body["base64"] = data_uri(samples.PDF, "application/pdf")
    answer = api.post(TO_PAGE, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]["base64"] == [
        f"This file is larger than the {len(samples.PDF) - 1} bytes that the gateway"
        " takes."
    ]


def test_a_conversion_too_large_for_its_kind_is_sent_as_a_document(
    cloud, send, rounds, monkeypatch
):
    cloud.people[PHONE] = datetime.now(UTC)
    takes = media_types.GATEWAYS["whatsapp_cloud"]
    monkeypatch.setitem(takes.largest, "video", 100)
    content = samples.film("webm", "libvpx")
    assert send(content, "video/webm", "video").status_code == 200
    rounds.make()
    [left] = cloud.delivered
    assert (left.kind, left.mime, left.name[-4:]) == ("document", "video/mp4", ".mp4")
