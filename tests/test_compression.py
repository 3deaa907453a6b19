"""Which responses are compressed (docs/decisions/compression.md)."""

from __future__ import annotations

import gzip

import pytest
from django.core.management import call_command
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from hci_center.compression import SMALLEST, CompressionMiddleware
from tests.builders import make_contact, make_key, make_manager
from tests.conftest import Api

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
TEXT = b"<p>text</p>" * 1000


def answered(response, **headers):
    request = RequestFactory().get("/", headers=headers)
    return CompressionMiddleware(lambda _request: response)(request)


def is_compressed(response):
    if "Content-Encoding" not in response:
        return False
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]
    return True


@pytest.fixture
def many_managers(db):
    return [make_manager(facebook_token="") for _ in range(12)]


# Through the whole application -------------------------------------------------


def test_a_list_of_the_api_is_compressed_if_accepted(many_managers):
    api = Api(make_key(*many_managers, secrets=False))
    plain = api.get("/api/user/")
    answer = api.get("/api/user/", headers=GZIP)
    assert is_compressed(answer)
    assert not is_compressed(plain)
    assert gzip.decompress(answer.content) == plain.content
    assert len(answer.content) < len(plain.content) / 3
    assert "origin" in answer["Vary"]


def test_a_list_read_by_post_is_compressed(manager):
    api = Api(make_key(manager, secrets=False))
    for number in range(60):
        make_contact(manager, external_id=f"55119888{number:05}")
    body = {"number": manager.number}
    plain = api.post("/api/user/", body)
    answer = api.post("/api/user/", body, headers=GZIP)
    assert is_compressed(answer)
    assert not is_compressed(plain)
    assert gzip.decompress(answer.content) == plain.content


def test_a_response_with_a_page_token_is_not_compressed(many_managers):
    """Its length would reveal the token, next to names that others have chosen."""
    managers = [*many_managers, make_manager(facebook_token="EAAx")]
    for secrets in (True, False):
        api = Api(make_key(*managers, secrets=secrets))
        answer = api.get("/api/user/", headers=GZIP)
        assert is_compressed(answer) is not secrets


def test_pages_are_compressed_for_same_origin_requests(supervisor):
    client = Client()
    client.force_login(supervisor)
    own = {"Sec-Fetch-Site": "same-origin"}
    assert is_compressed(client.get("/admin/", headers=GZIP | own))
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert not is_compressed(client.get("/admin/", headers=GZIP | foreign))


def test_static_files_are_collected_with_a_compressed_copy(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    plain = tmp_path / "admin/css/base.css"
    packed = tmp_path / "admin/css/base.css.gz"
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


# The middleware ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked_from", "expected"),
    [
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
        (None, False),
    ],
)
def test_responses_to_cross_site_requests_are_not_compressed(asked_from, expected):
    headers = GZIP | {"Cookie": "sessionid=x"}
    if asked_from is not None:
        headers["Sec-Fetch-Site"] = asked_from
    response = answered(HttpResponse(TEXT), **headers)
    assert is_compressed(response) is expected


def test_without_gzip_a_response_is_plain_and_has_vary():
    response = answered(HttpResponse(TEXT))
    assert (response.content, response["Vary"]) == (TEXT, "Accept-Encoding")
    assert not is_compressed(response)


def test_small_responses_and_pictures_are_not_compressed():
    small = HttpResponse("x" * (SMALLEST - 1))
    picture = HttpResponse(TEXT, content_type="image/png")
    assert not is_compressed(answered(small, **GZIP))
    assert not is_compressed(answered(picture, **GZIP))


def test_files_and_streams_are_not_compressed(tmp_path):
    """A file is sent by the event loop, which cannot compress."""
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    with path.open("rb") as opened:
        file = answered(FileResponse(opened), **GZIP)
        assert file.file_to_stream is opened
        assert not is_compressed(file)
    stream = StreamingHttpResponse([TEXT], content_type="text/csv")
    assert not is_compressed(answered(stream, **GZIP))


def test_the_length_reveals_little_of_the_content():
    lengths = {len(answered(HttpResponse(TEXT), **GZIP).content) for _ in range(20)}
    assert len(lengths) > 5
