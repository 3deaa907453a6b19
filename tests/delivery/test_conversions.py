"""A file that its gateway takes in another form only is converted before it leaves."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from chats import attachments, conversions
from chats.attachments import sweep_orphans
from chats.conversion import running
from chats.gateways import media_types
from chats.models import Attachment, ConvertedFile, Delivery, Message
from chats.worker import Limits
from hci_center.errors import UnavailableError
from hci_center.local.fakes import faults
from hci_center.local.fakes.evolution import FakeEvolution
from tests import builders
from tests.chats.files import data_uri
from tests.conversion import samples
from tests.delivery.conftest import PHONE, make_due, stored_bytes

pytestmark = pytest.mark.django_db(transaction=True)

TO_NUMBER = "/api/chat/message/send/operator/file/8080"
TO_PAGE = "/api/chat/message/send/operator/file/facebook"


@pytest.fixture
def customer(manager, ana):
    return builders.make_contact(manager, external_id=PHONE, area=ana.areas.get())


@pytest.fixture
def send(api, ana, customer):
    def send(content, mime, said, **over):
        body = {"contactNumber": PHONE, "from": str(ana.pk), "type": said}
        return api.post(TO_NUMBER, body | {"base64": data_uri(content, mime)} | over)

    return send


@pytest.fixture
def say(api, ana, customer):
    def say(text):
        body = {"contactNumber": PHONE, "operatorId": str(ana.pk), "content2": text}
        answer = api.post("/api/chat/message/send/operator/8080", body)
        assert answer.status_code == 200, answer.content

    return say


def due_now():
    ConvertedFile.objects.update(next_at=datetime.now(UTC), lease_until=None)


def codec_of(content):
    with av.open(io.BytesIO(content)) as read:
        [stream] = read.streams.audio
        return read.format.name, stream.codec_context.name, stream.channels


def record(send):
    answer = send(samples.recording_of_chrome(), "audio/webm;codecs=opus", "audio")
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_a_recording_leaves_as_a_voice_note_and_stays_here_as_it_was(
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


def test_what_was_written_after_it_leaves_after_it(controller, send, say, rounds):
    record(send)
    say("ouviu?")
    assert rounds.worker._send() is False
    assert controller.delivered == []
    rounds.make()
    assert [left.kind for left in controller.delivered] == ["audio", "text"]


def test_others_do_not_wait_for_it(controller, manager, ana, send, say, rounds, api):
    record(send)
    builders.make_contact(manager, external_id="5511900001111", area=ana.areas.get())
    body = {"contactNumber": 5511900001111, "operatorId": str(ana.pk)}
    api.post("/api/chat/message/send/operator/8080", {**body, "content2": "Oi"})
    rounds.worker._side.conversions = 0
    rounds.make()
    assert [left.text for left in controller.delivered] == ["Oi"]


@pytest.mark.parametrize(
    ("content", "mime", "said", "reason"),
    [
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(20), "audio/webm",
         "audio", "The file is damaged, or is not what it says."),
        (samples.film("webm", "libvpx"), "audio/webm", "audio",
         "There is no picture or no sound in the file."),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_fails_with_its_reason_and_lets_the_next_go(
    controller, send, say, rounds, content, mime, said, reason
):
    assert send(content, mime, said).status_code == 200
    say("e então?")
    rounds.make()
    file, text = Message.objects.order_by("id")
    assert (file.status, file.error) == ("failed", reason)
    assert text.status == "sent"
    assert not ConvertedFile.objects.exists()


def test_a_failed_one_is_converted_again_when_it_is_sent_again(
    controller, send, rounds, api, ana, monkeypatch
):
    def fail(*_):
        raise running.UnfitError("too_long")

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


def test_a_retry_sends_what_was_made_the_first_time(controller, send, rounds):
    error = {"success": False, "error": {"code": "throttled", "message": "slow"}}
    controller.faults.append(faults.reply(429, error))
    record(send)
    rounds.make()
    made = ConvertedFile.objects.get()
    make_due(Message.objects.get())
    rounds.make()
    assert len(controller.delivered) == 1
    assert ConvertedFile.objects.get().uuid == made.uuid


def test_another_gateway_gets_a_form_of_its_own(
    controller, manager, send, rounds, settings
):
    record(send)
    rounds.worker.limits = Limits(sends=0)
    while not ConvertedFile.objects.filter(made_at__isnull=False).exists():
        rounds.make()
    assert ConvertedFile.objects.get().gateway == "controller"
    with FakeEvolution(instance="padaria", key="k") as evolution:
        evolution.people.add(PHONE)
        given = {"url": evolution.url, "instance": "padaria", "apikey": "k"}
        manager.gateway, manager.gateway_settings = "evolution", json.dumps(given)
        manager.save()
        rounds.worker.limits = Limits()
        rounds.make()
        assert [left.kind for left in evolution.delivered] == ["ptt"]
    assert ConvertedFile.objects.get().gateway == "evolution"
    assert Message.objects.get().status in ("sent", "delivered", "read")


def test_what_another_gateway_does_not_take_fails_with_the_reason(
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
    ("content", "mime", "said"),
    [
        (samples.archive("a"), "application/zip", "file"),
        (b"MZ\x90\x00" + bytes(60), "application/x-msdownload", "file"),
    ],
)
def test_what_the_gateway_takes_in_no_form_is_refused_before_it_waits(
    cloud, send, content, mime, said
):
    answer = send(content, mime, said)
    assert answer.status_code == 400
    fields = answer.json()["error"]["fields"]
    assert list(fields) == ["base64"]
    assert fields["base64"][0].startswith(
        "The manager's gateway takes no files of this type: application/"
    )
    assert not Message.objects.exists()


def test_a_file_larger_than_its_gateway_takes_is_refused_before_it_waits(
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


def test_what_was_made_too_large_for_its_kind_leaves_as_a_document(
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


def test_a_converted_file_waits_for_storage_that_is_away(
    controller, send, rounds, monkeypatch
):
    def away(*_):
        raise UnavailableError

    monkeypatch.setattr(conversions, "write_file", away)
    record(send)
    for _ in range(2):
        rounds.make()
        due_now()
    assert Message.objects.get().status == "wait"
    assert ConvertedFile.objects.get().attempts == 0
    monkeypatch.setattr(conversions, "write_file", attachments.write_file)
    rounds.make()
    assert Message.objects.get().status == "sent"


def test_a_conversion_that_ended_its_worker_three_times_is_not_begun_again(
    controller, send, rounds
):
    record(send)
    ConvertedFile.objects.update(attempts=3)
    rounds.make()
    message = Message.objects.get()
    assert message.status == "failed"
    assert message.error == "There is more in the file than can be converted."


def test_of_two_that_converted_one_file_the_later_counts(controller, send, rounds):
    """The first was frozen for longer than its lease."""
    record(send)
    [frozen] = conversions.claim(1, 0)
    due_now()
    [later] = conversions.claim(1, 0)
    conversions.make(frozen)
    assert ConvertedFile.objects.get().made_at is None
    conversions.make(later)
    made = ConvertedFile.objects.get()
    assert made.made_at is not None
    rounds.make()
    assert len(controller.delivered) == 1
    # Of what the first made nothing is left.
    folder = Path(Attachment.objects.get().file.path).parents[1]
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


def test_a_worker_that_stops_leaves_the_file_to_the_next(controller, send, rounds):
    record(send)
    [wanted] = conversions.claim(1, 0)
    conversions.make(wanted, lambda: True)
    row = ConvertedFile.objects.get()
    assert (row.attempts, row.lease_until, row.made_at) == (0, None, None)
    rounds.make()
    assert len(controller.delivered) == 1


def test_a_film_does_not_keep_voice_notes_waiting(controller, send, rounds):
    for _ in range(3):
        send(samples.film("webm", "libvpx"), "video/webm", "video")
    record(send)
    claimed = conversions.claim(2, 1)
    assert sorted(one.is_film for one in claimed) == [False, True]
    assert conversions.claim(1, 0) == []


def test_what_was_made_goes_when_the_message_has_left(controller, send, rounds):
    record(send)
    rounds.make()
    conversions.forget_sent()
    assert ConvertedFile.objects.exists()
    Delivery.objects.update(done_at=datetime.now(UTC) - timedelta(hours=2))
    made = Path(ConvertedFile.objects.get().file.path)
    conversions.forget_sent()
    assert not ConvertedFile.objects.exists()
    age(made)
    assert sweep_orphans() == 1
    assert not made.exists()
    assert Path(Attachment.objects.get().file.path).exists()


def test_what_waits_to_leave_is_no_orphan(controller, send, rounds):
    record(send)
    rounds.worker.limits = Limits(sends=0)
    while not ConvertedFile.objects.filter(made_at__isnull=False).exists():
        rounds.make()
    age(Path(ConvertedFile.objects.get().file.path))
    assert sweep_orphans() == 0


def age(path):
    then = (datetime.now(UTC) - timedelta(hours=2)).timestamp()
    os.utime(path, (then, then))
