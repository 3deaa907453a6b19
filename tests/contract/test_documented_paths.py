"""Every documented method and path exists in both spellings, and no other method."""

from __future__ import annotations

import pytest

from tests.contract.calls import CALLS
from tests.contract.documented import DOCUMENTED
from tests.contract.shapes import refused

PAIRS = sorted({(method, path) for _, method, path in DOCUMENTED})
ADDITIVE = [
    ("PUT", "api/chat/message/status"),
    ("PUT", "api/chat/message/again"),
    ("POST", "api/chat/message/send/operator/template/:controllerPort"),
    ("POST", "api/user/session"),
    ("POST", "api/user/templates"),
    ("POST", "api/socket"),
    ("POST", "api/chat/message/read"),
    ("POST", "api/chat/message/send/operator/file/facebook"),
    ("GET", "api/area/facebook/:facebookId"),
    ("POST", "api/area/operator/facebook/:facebookId"),
    ("POST", "api/area/hours"),
    ("PUT", "api/operator/presence"),
    ("POST", "api/operator/get"),
    ("GET", "api/session"),
]
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def filled(path: str) -> str:
    for parameter, value in (
        (":ControllerPort", "8080"),
        (":controllerPort", "8080"),
        (":facebookId", "369258147"),
    ):
        path = path.replace(parameter, value)
    return f"/{path}"


def spellings(path: str) -> list[str]:
    bare = filled(path).rstrip("/")
    return [bare, f"{bare}/"]


def test_the_document_has_thirty_headings_including_the_socket():
    assert len(DOCUMENTED) == 29
    assert len(PAIRS) == 28


@pytest.mark.parametrize(("method", "path"), PAIRS + ADDITIVE)
def test_a_documented_call_requires_a_credential_in_both_spellings(
    anonymous, method, path
):
    for url in spellings(path):
        response = anonymous.call(method, url)
        refused(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"]


@pytest.mark.parametrize("path", sorted({path for _, path in PAIRS + ADDITIVE}))
def test_other_methods_are_refused_before_authentication(anonymous, path):
    there = {method for method, known in PAIRS + ADDITIVE if known == path}
    if path == "api/session":
        there |= {"POST", "DELETE"}
    for url in spellings(path):
        for method in set(METHODS) - there:
            response = anonymous.call(method, url)
            refused(response, 405, "method_not_allowed")
            allowed = {name.strip() for name in response["Allow"].split(",")}
            assert allowed - {"HEAD", "OPTIONS"} == there


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/user/nothing",
        "/api/user//",
        "/api/chat/message/send/operator",
        "/api/area",
        "/api/area/",
        "/api/area/0",
        "/api/area/65536",
        "/api/area/080800",
        "/api/area/80a",
        "/api/area/٣٣٣",
        "/api/area/-1",
        "/api/area/8080/more",
        "/api/user/contact/get%00",
        "/api/%ff",
        "/api/USER/",
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_path_is_an_enveloped_404(anonymous, method, path):
    refused(anonymous.call(method, path), 404, "not_found")


def test_the_list_of_calls_covers_the_document():
    known = {(call.method, call.path) for call in CALLS}
    for method, path in PAIRS:
        assert (method, filled(path)[1:]) in known
