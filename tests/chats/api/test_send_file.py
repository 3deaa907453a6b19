"""POST …/send/operator/file/:controllerPort and …/operator/file/facebook."""

from __future__ import annotations

import hashlib

import pytest

from chats.models import Attachment, Delivery, Message
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.chats.shapes import LINK, message_body
from tests.conftest import signed_in

PATH = "/api/chat/message/send/operator/file/8080"
PAGE_PATH = "/api/chat/message/send/operator/file/facebook"


def body_of(operator, content=sample_files.PNG, mime="image/png", said="image", **over):
    body = {
        "contactNumber": 551133334444,
        "from": str(operator.pk),
        "base64": data_uri(content, mime),
        "type": said,
        **over,
    }
    return {name: value for name, value in body.items() if value != ...}


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def files_of(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_it_stores_the_file_and_queues_the_message(api, settings, contact, ana):
    answer = api.post(PATH, body_of(ana))
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    data = answer.json()["data"]
    assert LINK.fullmatch(data["url"])
    assert answer.json() == {
        "success": True,
        "data": {**message_body(message), "url": data["url"]},
    }
    assert (data["content"], data["type"]) == ("Arquivo em anexo", "image")
    assert (data["from"], data["status"]) == (str(ana.pk), "wait")
    attachment = Attachment.objects.get()
    assert attachment.message == message
    assert (attachment.mime, attachment.size) == ("image/png", len(sample_files.PNG))
    assert attachment.sha256 == hashlib.sha256(sample_files.PNG).hexdigest()
    assert attachment.is_voice is False
    (path,) = files_of(settings)
    assert path.read_bytes() == sample_files.PNG
    assert str(path.relative_to(settings.MEDIA_ROOT)) == attachment.file.name
    assert Delivery.objects.get().message == message


@pytest.mark.parametrize(
    ("content", "mime", "said", "found"),
    [
        (sample_files.PNG, "image/png", "image", "image/png"),
        (sample_files.JPEG, "image/jpeg", "image", "image/jpeg"),
        (sample_files.JPEG, "image/png", "image", "image/jpeg"),
        (sample_files.GIF, "image/gif", "image", "image/gif"),
        (sample_files.WEBP, "image/webp", "image", "image/webp"),
        (sample_files.VOICE, "audio/ogg; codecs=opus", "audio", "audio/ogg"),
        (sample_files.OGG, "application/ogg", "audio", "audio/ogg"),
        (sample_files.MP3, "audio/mpeg", "audio", "audio/mpeg"),
        (sample_files.AAC, "audio/aac", "audio", "audio/aac"),
        (sample_files.AMR, "audio/amr", "audio", "audio/amr"),
        (sample_files.WAV, "audio/wav", "audio", "audio/wav"),
        (sample_files.M4A, "audio/mp4", "audio", "audio/mp4"),
        (sample_files.MP4, "audio/mp4", "audio", "audio/mp4"),
        (sample_files.WEBM, "audio/webm;codecs=opus", "audio", "audio/webm"),
        (sample_files.MP4, "video/mp4", "video", "video/mp4"),
        (sample_files.WEBM, "video/webm", "video", "video/webm"),
        (sample_files.MOBILE_FILM, "video/3gpp", "video", "video/3gpp"),
        (sample_files.PDF, "application/pdf", "pdf", "application/pdf"),
        (sample_files.PDF, "application/octet-stream", "pdf", "application/pdf"),
        (sample_files.PDF, "pdf/pdf", "pdf", "application/pdf"),
        (sample_files.PNG, "image/png", "file", "image/png"),
        (sample_files.PROGRAM, "image/png", "file", "application/octet-stream"),
        (sample_files.ZIP, "application/zip", "file", "application/zip"),
        (sample_files.HTML, "text/html", "file", "text/plain"),
        ("Olá, ção\r\n".encode(), "text/plain", "file", "text/plain"),
        ("Olá, ção".encode("latin-1"), "text/csv", "file", "text/plain"),
        ("Olá".encode("utf-16"), "text/plain", "file", "text/plain"),
        (b"<nfeProc/>", "application/octet-stream", "file", "text/plain"),
        (sample_files.OFFICE, sample_files.DOCX_MIME, "file", sample_files.DOCX_MIME),
        (sample_files.OFFICE, "application/zip", "file", "application/zip"),
        (sample_files.ZIP, sample_files.DOCX_MIME, "file", "application/zip"),
    ],
)
def test_the_type_is_found_in_the_bytes(api, contact, ana, content, mime, said, found):
    answer = api.post(PATH, body_of(ana, content, mime, said))
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["type"] == said
    assert Attachment.objects.get().mime == found


@pytest.mark.parametrize(
    ("content", "mime", "said"),
    [
        (sample_files.PDF, "image/png", "image"),
        (sample_files.PNG, "application/pdf", "image"),
        (sample_files.PNG, "image/png", "pdf"),
        (sample_files.PNG, "image/png", "audio"),
        (sample_files.MP3, "audio/mpeg", "video"),
        (sample_files.MP3, "video/mp4", "audio"),
        (sample_files.SVG, "image/svg+xml", "image"),
        (sample_files.HTML, "image/png", "image"),
        (sample_files.HTML, "application/pdf", "pdf"),
        (sample_files.PNG, "application/zip", "image"),
        (b"GIF", "image/gif", "image"),
    ],
)
def test_bytes_that_are_not_what_is_said_are_refused(
    api, settings, contact, ana, content, mime, said
):
    answer = api.post(PATH, body_of(ana, content, mime, said))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["base64"]
    assert not Message.objects.exists()
    assert files_of(settings) == []


@pytest.mark.parametrize(
    ("content", "mime", "is_voice"),
    [
        (sample_files.VOICE, "audio/ogg", True),
        (
            sample_files.VOICE.replace(b"OpusHead\x01\x01", b"OpusHead\x01\x02"),
            "audio/ogg",
            False,
        ),
        (sample_files.OGG, "audio/ogg", False),
        (sample_files.WEBM, "audio/webm;codecs=opus", True),
        (sample_files.MP4, "audio/mp4", True),
        (sample_files.M4A, "audio/mp4", False),
        (sample_files.MP3, "audio/mpeg", False),
    ],
)
def test_a_recording_is_known_by_its_bytes(api, contact, ana, content, mime, is_voice):
    api.post(PATH, body_of(ana, content, mime, "audio"))
    assert Attachment.objects.get().is_voice is is_voice


@pytest.mark.parametrize(
    "text",
    [
        "iVBORw0KGgo=",
        "data:image/png,iVBORw0KGgo=",
        "data:image/png;base64,",
        "data:;base64,iVBORw0KGgo=",
        "data:image/png;base64,iVBORw0KGgo",
        "data:image/png;base64,iVBORw0KGgo=\n",
        "data:image/png;base64, iVBORw0KGgo=",
        "data:image/png;base64,iVBORw0K=Ggo",
        "data:image/png;base64,iVBORw==Ggo=",
        "data:image/png;base64,iVBORw0KG%3D=",
        "data:image/png;base64,iVBORw0K_-o=",
        " data:image/png;base64,iVBORw0KGgo=",
        "xdata:image/png;base64,iVBORw0KGgo=",
        "data:image/png;base64;base64,iVBORw0KGgo=",
        "data:image;base64,iVBORw0KGgo=",
        "file:///etc/passwd",
        "http://127.0.0.1/x.png",
        12,
        ["data:image/png;base64,iVBORw0KGgo="],
    ],
)
def test_what_is_no_strict_data_uri_is_invalid(api, settings, contact, ana, text):
    answer = api.post(PATH, body_of(ana, base64=text))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["base64"]
    assert files_of(settings) == []


@pytest.mark.parametrize(
    "prefix",
    ["DATA:IMAGE/PNG;BASE64,", "data:image/png;charset=utf-8;base64,",
     "data:image/png; name=\"a b.png\"; base64,"],
)  # fmt: skip
def test_a_prefix_may_be_written_in_any_usual_way(api, contact, ana, prefix):
    text = prefix + data_uri(sample_files.PNG, "x/y").partition(",")[2]
    assert api.post(PATH, body_of(ana, base64=text)).status_code == 200


@pytest.mark.parametrize("said", ["sticker", "IMAGE", "text", "", None, 1])
def test_a_type_is_one_of_five(api, contact, ana, said):
    answer = api.post(PATH, body_of(ana, said=said))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["type"]


def test_every_missing_field_is_named(api):
    answer = api.post(PATH, {})
    fields = set(answer.json()["error"]["fields"])
    assert fields == {"contactNumber", "from", "base64", "type"}


def test_the_limit_is_to_the_byte(api, settings, contact, ana):
    settings.LARGEST_FILE = len(sample_files.PNG)
    assert api.post(PATH, body_of(ana)).status_code == 200
    answer = api.post(PATH, body_of(ana, sample_files.PNG + b"\x00"))
    assert refusal(answer) == (413, "body_too_large")
    assert Message.objects.count() == 1
    assert len(files_of(settings)) == 1


def test_25_mib_pass_and_a_byte_more_does_not(api, contact, ana):
    largest = sample_files.PDF + bytes(25 * 2**20 - len(sample_files.PDF))
    answer = api.post(PATH, body_of(ana, largest, "application/pdf", "pdf"))
    assert answer.status_code == 200
    assert Attachment.objects.get().size == 25 * 2**20
    answer = api.post(PATH, body_of(ana, largest + b"\n", "application/pdf", "pdf"))
    assert refusal(answer) == (413, "body_too_large")


def test_refusals_come_in_their_order(api, settings, contact, ana, bruno):
    settings.LARGEST_FILE = 10
    path = "/api/chat/message/send/operator/file/9999"
    missing = {"contactNumber": 551100000000}
    steps = [
        (path, body_of(ana, said="x", **missing), (400, "invalid")),
        (path, body_of(ana, **missing), (404, "manager_not_found")),
        (PATH, body_of(ana, **missing) | {"from": "0"}, (404, "operator_not_found")),
        (PATH, body_of(bruno, **missing), (404, "contact_not_found")),
        (PATH, body_of(bruno), (403, "forbidden")),
        (PATH, body_of(ana), (413, "body_too_large")),
    ]
    for where, body, expected in steps:
        assert refusal(api.post(where, body)) == expected
    assert files_of(settings) == []


def test_a_body_over_40_mib_is_refused_unread(api):
    answer = api.post(PATH, b" " * (40 * 2**20 + 1))
    assert refusal(answer) == (413, "body_too_large")


def test_a_facebook_file_goes_through_the_page(api, page_contact, ana):
    body = body_of(ana, contactNumber=..., contactId="7418252963", token="EAAG")
    answer = api.post(PAGE_PATH, body)
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    url = answer.json()["data"]["url"]
    assert LINK.fullmatch(url)
    assert answer.json()["data"] == {**message_body(message), "url": url}
    assert message.contact == page_contact
    assert Delivery.objects.get().token == "EAAG"


def test_a_session_sends_as_itself_alone(contact, ana, bruno):
    contact.operator = bruno
    contact.save()
    assert refusal(signed_in(ana.user).post(PATH, body_of(bruno))) == (403, "forbidden")
    assert signed_in(ana.user).post(PATH, body_of(ana)).status_code == 200


def test_an_idempotent_repeat_answers_the_same_with_a_new_link(
    api, settings, contact, ana
):
    headers = {"Idempotency-Key": "once"}
    first = api.post(PATH, body_of(ana), headers=headers).json()["data"]
    again = api.post(PATH, body_of(ana), headers=headers).json()["data"]
    assert first.pop("url") != again.pop("url")
    assert first == again
    assert Attachment.objects.count() == 1
    assert len(files_of(settings)) == 1


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"contactNumber": 551100000000}, (404, "contact_not_found")),
        ({"base64": "no file"}, (400, "invalid")),
        ({"base64": data_uri(sample_files.PDF, "image/png")}, (400, "invalid")),
    ],
)
def test_of_a_call_with_a_key_that_is_refused_no_file_stays(
    api, settings, contact, ana, over, expected
):
    for _ in range(2):
        answer = api.post(PATH, body_of(ana, **over), headers={"Idempotency-Key": "k"})
        assert refusal(answer) == expected
    assert files_of(settings) == []


def test_a_key_that_came_with_another_file_is_told_so_first(
    api, settings, contact, ana
):
    headers = {"Idempotency-Key": "k"}
    assert api.post(PATH, body_of(ana), headers=headers).status_code == 200
    answer = api.post(PATH, body_of(ana, base64="no file"), headers=headers)
    assert refusal(answer) == (422, "idempotency_mismatch")
    assert len(files_of(settings)) == 1


def test_a_file_goes_when_its_row_cannot_be_kept(api, settings, contact, ana, mocker):
    def fail(*_, **__):
        raise RuntimeError("the disk of the database is full")

    mocker(Delivery.objects, "create", fail)
    assert refusal(api.post(PATH, body_of(ana))) == (500, "internal")
    assert not Message.objects.exists()
    assert files_of(settings) == []


@pytest.fixture
def mocker(monkeypatch):
    return monkeypatch.setattr
