"""GET api/chat/file/…: a stored file, and who may read it."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from chats.api.viewsets.files import serve_file
from chats.files import file_links
from chats.models import Attachment
from hci_center.api import links
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri
from tests.chats.shapes import LINK
from tests.conftest import signed_in

SEND = "/api/chat/message/send/operator/file/8080"


@pytest.fixture
def send(api, contact, ana):
    def call(content=sample_files.PNG, mime="image/png", said="image"):
        body = {
            "contactNumber": 551133334444,
            "from": ana.pk,
            "base64": data_uri(content, mime),
            "type": said,
        }
        answer = api.post(SEND, body)
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]["url"].removeprefix("http://testserver")

    return call


def get(api, link, method="GET", **more):
    """Returns the response with its content in `body`: reading it closes the file."""
    answer = api.call(method, link, **more)
    answer.body = answer.getvalue()
    return answer


def path_of(link):
    return urlsplit(link).path


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_anybody_with_the_link_gets_the_file(anonymous, send):
    answer = get(anonymous, send())
    assert answer.status_code == 200
    assert answer.body == sample_files.PNG
    name = Attachment.objects.get().uuid.hex[:12]
    assert dict(answer.items()) == {
        "Content-Type": "image/png",
        "Content-Length": str(len(sample_files.PNG)),
        "Content-Disposition": f'inline; filename="{name}.png"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": (
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"
        ),
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=3600",
        "Accept-Ranges": "bytes",
        "Vary": "origin",
    }


def test_links_use_the_address_of_the_route():
    uuid = "00000000-0000-4000-8000-000000000000"
    assert reverse(serve_file, kwargs={"uuid": uuid}) == file_links.PATH + uuid


def test_links_differ_per_response_only_in_their_query(api, send):
    send()
    body = {"operatorId": 0, "contactId": 551133334444}
    links = [
        api.post("/api/chat/message", body).json()["data"][0]["url"] for _ in range(20)
    ]
    assert len(set(links)) == 20
    assert len({link.partition("?")[0] for link in links}) == 1


def test_links_begin_with_the_public_address(api, send, settings, anonymous):
    send()
    settings.PUBLIC_URL = "https://centro.example"
    body = {"operatorId": 0, "contactId": 551133334444}
    (message,) = api.post("/api/chat/message", body).json()["data"]
    assert message["url"].startswith("https://centro.example/api/chat/file/")
    link = message["url"].removeprefix("https://centro.example")
    assert get(anonymous, link).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda query: {},
        lambda query: query | {"signature": ""},
        lambda query: query | {"signature": query["signature"][:-1] + "~"},
        lambda query: query | {"signature": "é\x00"},
        lambda query: query | {"expires": str(int(query["expires"]) + 1)},
        lambda query: query | {"expires": ""},
        lambda query: query | {"nonce": "x"},
        lambda query: {"signature": query["signature"]},
    ],
)
def test_an_unsigned_or_forged_link_is_forbidden(anonymous, send, spoil):
    from urllib.parse import urlencode

    parts = urlsplit(send())
    query = spoil(dict(parse_qsl(parts.query)))
    answer = get(anonymous, urlunsplit(parts._replace(query=urlencode(query))))
    assert refusal(answer) == (403, "forbidden")


def test_the_signature_of_one_file_is_not_valid_for_another(anonymous, send):
    first, second = send(), send(sample_files.PDF, "application/pdf", "pdf")
    mixed = f"{path_of(second)}?{urlsplit(first).query}"
    assert refusal(get(anonymous, mixed)) == (403, "forbidden")


def test_a_link_expires_after_an_hour(anonymous, send, monkeypatch):
    link, now = send(), time.time()
    monkeypatch.setattr(links.time, "time", lambda: now + 3590)
    assert get(anonymous, link).status_code == 200
    monkeypatch.setattr(links.time, "time", lambda: now + 3610)
    assert refusal(get(anonymous, link)) == (403, "forbidden")


def test_without_a_signature_it_needs_access_to_the_contact(
    api, other_api, full_api, anonymous, contact, send, ana, bruno, supervisor
):
    path = path_of(send())
    for allowed in (api, full_api, signed_in(ana.user), signed_in(supervisor)):
        answer = get(allowed, path)
        assert answer.status_code == 200
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    for refused in (other_api, anonymous, signed_in(bruno.user)):
        assert refusal(get(refused, path)) == (403, "forbidden")
    bad_key = {"Authorization": "Api-Key hci_00000000_" + "x" * 43}
    assert refusal(get(anonymous, path, headers=bad_key)) == (403, "forbidden")
    contact.deleted_at = timezone.now()
    contact.save()
    assert refusal(get(api, path)) == (403, "forbidden")


def test_missing_and_foreign_files_get_the_same_error(other_api, send):
    foreign = get(other_api, path_of(send()))
    missing = get(other_api, "/api/chat/file/00000000-0000-4000-8000-000000000000")
    assert foreign.status_code == missing.status_code == 403
    assert foreign.content == missing.content


def test_a_signed_link_to_a_deleted_file_is_not_found(anonymous, send):
    link = send()
    Attachment.objects.all().delete()
    assert refusal(get(anonymous, link)) == (404, "not_found")


def test_other_methods_are_refused(api, send):
    answer = api.post(send())
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET"


def test_head_describes_the_file_without_its_bytes(anonymous, send):
    answer = get(anonymous, send(), "HEAD")
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(sample_files.PNG))


def test_an_id_that_is_not_a_uuid_is_not_found(api):
    for name in ("1", "../../manage.py", "x" * 36):
        assert refusal(get(api, f"/api/chat/file/{name}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "mime", "said"),
    [
        (sample_files.HTML, "text/html", "file"),
        (sample_files.SVG, "image/svg+xml", "file"),
        (b"<?xml version='1.0'?>" + sample_files.SVG, "image/svg+xml", "file"),
        (b"\xef\xbb\xbf" + sample_files.HTML, "text/html", "file"),
        (b"<script>alert(1)</script>", "text/javascript", "file"),
        (sample_files.PROGRAM, "application/x-msdownload", "file"),
        (sample_files.ZIP[1:], "application/zip", "file"),
        (b"{}", "application/json", "file"),
        (b"a", "x/y", "file"),
    ],
)
def test_active_content_is_only_downloaded(anonymous, send, content, mime, said):
    answer = get(anonymous, send(content, mime, said))
    assert answer.body == content
    # Served as text or as an unknown type, never as a type that could run.
    is_text = content not in (sample_files.PROGRAM, sample_files.ZIP[1:])
    served = "text/plain" if is_text else "application/octet-stream"
    assert answer["Content-Type"] == served
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_an_archive_is_downloaded_with_its_type(anonymous, send):
    answer = get(anonymous, send(sample_files.ZIP, "application/zip", "file"))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("content", "mime", "said"),
    [
        (sample_files.GIF + sample_files.HTML, "image/gif", "image"),
        (sample_files.PNG + sample_files.SVG, "image/png", "image"),
        (sample_files.JPEG + sample_files.HTML, "image/jpeg", "image"),
    ],
)
def test_a_polyglot_file_is_served_as_its_first_type(
    anonymous, send, content, mime, said
):
    answer = get(anonymous, send(content, mime, said))
    assert answer["Content-Type"] == mime
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox;")


def test_a_pdf_is_shown_by_the_browsers_viewer(anonymous, send):
    answer = get(anonymous, send(sample_files.PDF, "application/pdf", "pdf"))
    assert answer["Content-Disposition"].startswith("inline;")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, None)),
        ("bytes=-5", (-5, None)),
        ("bytes=-9999", (0, None)),
        ("bytes=2-999999", (2, None)),
        ("bytes=0-0", (0, 1)),
    ],
)
def test_a_range_is_returned(anonymous, send, asked, expected):
    link, content = send(sample_files.MP3, "audio/mpeg", "audio"), sample_files.MP3
    answer = get(anonymous, link, headers={"Range": asked})
    part = content[slice(*expected)]
    first = expected[0] % len(content)
    assert answer.status_code == 206
    assert answer.body == part
    assert answer["Content-Length"] == str(len(part))
    assert answer["Content-Range"] == (
        f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    )
    assert answer["Content-Type"] == "audio/mpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=-0", "bytes=99999-100000"])
def test_a_range_outside_the_file_is_416(anonymous, send, asked):
    answer = get(anonymous, send(), headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(sample_files.PNG)}"


@pytest.mark.parametrize(
    "asked", ["", "bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,3-4", "x"]
)
def test_an_invalid_range_returns_the_whole_file(anonymous, send, asked):
    answer = get(anonymous, send(), headers={"Range": asked})
    assert answer.status_code == 200
    assert answer.body == sample_files.PNG


def test_a_url_given_by_a_caller_is_returned_unchanged(api, contact):
    body = {
        "managerNumber": contact.manager.number,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "url": "javascript:alert(1)",
    }
    answer = api.post("/api/chat/message/send", body)
    assert answer.json()["data"]["url"] == "javascript:alert(1)"
    assert not LINK.fullmatch(answer.json()["data"]["url"])
    assert not Attachment.objects.exists()
