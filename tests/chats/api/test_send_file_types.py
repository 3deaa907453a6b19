"""The type of a sent file is detected from its content; its data URI is strict."""

from __future__ import annotations

import pytest

from chats.models import Attachment, Message
from tests.chats.api.sending_files import PATH, body_of, files_of, refusal
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri


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
def test_the_type_is_detected_from_the_content(
    api, contact, ana, content, mime, said, found
):
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
def test_content_of_another_type_than_declared_is_refused(
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
def test_a_recording_is_detected_by_its_content(
    api, contact, ana, content, mime, is_voice
):
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
def test_a_data_uri_that_is_not_strict_is_invalid(api, settings, contact, ana, text):
    answer = api.post(PATH, body_of(ana, base64=text))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["base64"]
    assert files_of(settings) == []


@pytest.mark.parametrize(
    "prefix",
    ["DATA:IMAGE/PNG;BASE64,", "data:image/png;charset=utf-8;base64,",
     "data:image/png; name=\"a b.png\"; base64,"],
)  # fmt: skip
def test_common_spellings_of_the_prefix_are_accepted(api, contact, ana, prefix):
    text = prefix + data_uri(sample_files.PNG, "x/y").partition(",")[2]
    assert api.post(PATH, body_of(ana, base64=text)).status_code == 200


@pytest.mark.parametrize("said", ["sticker", "IMAGE", "text", "", None, 1])
def test_a_type_is_one_of_five(api, contact, ana, said):
    answer = api.post(PATH, body_of(ana, said=said))
    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["type"]
