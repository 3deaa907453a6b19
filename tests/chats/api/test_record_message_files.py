"""POST api/chat/message/send with a `base64` data URI: files of a controller."""

from __future__ import annotations

import pytest

from chats.models import Attachment, Message
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.chats.shapes import LINK, message_body

PATH = "/api/chat/message/send"


def send(api, file=sample_files.PNG, mime="image/png", **over):
    body = {
        "managerNumber": 5511400011111,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "base64": data_uri(file, mime),
        **over,
    }
    return api.post(PATH, {name: value for name, value in body.items() if value != ...})


def files_of(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_the_file_is_kept_and_linked_to(api, settings, contact):
    answer = send(api)
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    url = answer.json()["data"]["url"]
    assert LINK.fullmatch(url)
    assert answer.json() == {
        "success": True,
        "data": {**message_body(message), "url": url},
    }
    assert (message.type, message.content) == ("image", "Arquivo em anexo")
    assert (message.direction, message.status) == ("in", "wait")
    (path,) = files_of(settings)
    assert path.read_bytes() == sample_files.PNG


def test_bytes_take_precedence_over_a_url(api, contact):
    answer = send(api, url="https://cdn.example/x.png")
    assert LINK.fullmatch(answer.json()["data"]["url"])
    assert Message.objects.get().url == ""


@pytest.mark.parametrize(
    ("content", "mime", "said", "kept", "found"),
    [
        (sample_files.PDF, "image/png", "image", "file", "application/pdf"),
        (sample_files.PNG, "application/pdf", "image", "file", "image/png"),
        (sample_files.PNG, "image/png", "audio", "file", "image/png"),
        (sample_files.HTML, "text/html", "image", "file", "text/plain"),
        (sample_files.SVG, "image/svg+xml", "image", "file", "text/plain"),
        (sample_files.PROGRAM, "application/pdf", "pdf", "file", "application/octet-stream"),
        (b"GI", "image/gif", "sticker", "file", "text/plain"),
        (sample_files.PNG, "video/mp4", "location", "file", "image/png"),
        (sample_files.WEBP, "image/webp", "sticker", "sticker", "image/webp"),
        (sample_files.VOICE, "audio/ogg; codecs=opus", "ptt", "ptt", "audio/ogg"),
        (sample_files.JPEG, "image/png", "image", "image", "image/jpeg"),
        (sample_files.PDF, "application/octet-stream", "document", "document",
         "application/pdf"),
        (sample_files.PNG, "image/png", "file", "file", "image/png"),
    ],
)  # fmt: skip
def test_a_file_of_another_type_than_declared_is_stored_as_a_file(
    api, contact, content, mime, said, kept, found
):
    answer = send(api, content, mime, type=said)
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["type"] == kept
    assert Attachment.objects.get().mime == found


@pytest.mark.parametrize("file", [sample_files.PNG, sample_files.PDF])
def test_a_text_with_a_file_is_still_a_text(api, contact, file):
    answer = send(api, file, "image/png", type="text", content="Veja só")
    message = Message.objects.get()
    assert answer.json() == {"success": True, "data": message_body(message)}
    assert (message.type, message.content) == ("text", "Veja só")


def test_without_a_type_it_is_a_file(api, contact):
    assert send(api, type=...).json()["data"]["type"] == "file"


def test_supertype_gives_the_type(api, contact):
    answer = send(api, sample_files.MP3, "audio/mpeg", type=..., supertype="audio")
    assert answer.json()["data"]["type"] == "audio"


def test_a_message_of_the_bot_has_its_file(api, contact):
    data = send(api, **{"from": "bot"}).json()["data"]
    assert (data["direction"], data["status"], data["from"]) == ("out", "sent", "bot")
    assert LINK.fullmatch(data["url"])


def test_an_empty_data_uri_is_invalid(api, contact):
    for text in ("data:image/png;base64,@@@@", "iVBORw0KGgo=", "data:,x"):
        answer = send(api, base64=text)
        assert answer.status_code == 400
        assert list(answer.json()["error"]["fields"]) == ["base64"]
    assert not Message.objects.exists()


def test_a_file_over_the_limit_is_too_large(api, settings, contact):
    settings.LARGEST_FILE = 10
    answer = send(api)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"
    assert not Message.objects.exists()
    assert files_of(settings) == []


def test_a_repeat_leaves_no_second_file(api, settings, contact):
    first = send(api, messageId="wamid.1").json()["data"]
    again = send(api, messageId="wamid.1").json()["data"]
    assert first.pop("url") != again.pop("url")
    assert first == again
    assert len(files_of(settings)) == 1


def test_an_unknown_manager_leaves_no_file(api, settings):
    assert send(api, managerNumber=5500000000).status_code == 404
    assert files_of(settings) == []
