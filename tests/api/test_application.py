"""Application's shorter path gives the same responses as Django's WSGI handler."""

from __future__ import annotations

import hashlib
import hmac
import io
import json

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

from hci_center.api.application import Application
from tests.builders import make_contact, make_key, make_operator

NUMBER = 5511400011111


@pytest.fixture(scope="module")
def ours():
    return Application()


@pytest.fixture(scope="module")
def djangos():
    return WSGIHandler()


def call(application, method, path, body=None, **headers):
    """Returns the status, headers and body of one call."""
    raw = b"" if body is None else json.dumps(body).encode()
    environ = {
        "SCRIPT_NAME": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(raw)),
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        **headers,
    }
    started = []
    answer = application(
        environ, lambda status, fields: started.append((status, fields))
    )
    content = b"".join(answer)
    [(status, fields)] = started
    return status, sorted(fields), content


CALLS = {
    "an answer": ("POST", "/api/user/", {"number": NUMBER}),
    "the other spelling": ("POST", "/api/user", {"number": NUMBER}),
    "a wrong field": ("POST", "/api/user/", {"number": "x"}),
    "a refusal": ("POST", "/api/user/", {"number": 1}),
    "an unknown path": ("POST", "/api/nobody", {}),
    "a wrong method": ("PUT", "/api/user/", {}),
    "a reading": ("GET", "/api/user/", None),
    "a page": ("GET", "/admin/login/", None),
    "a preflight": ("OPTIONS", "/api/user/", None),
}


@pytest.mark.django_db
@pytest.mark.parametrize("request_line", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_ACCEPT_LANGUAGE": "pt-BR"},
        {"HTTP_ORIGIN": "https://console.example"},
        {"HTTP_HOST": "evil.example"},
    ],
    ids=["plain", "language", "origin", "foreign host"],
)
def test_both_paths_give_the_same_response(
    ours, djangos, manager, settings, request_line, headers
):
    settings.CORS_ALLOWED_ORIGINS = ["https://console.example"]
    make_contact(manager)
    headers = {"HTTP_X_API_KEY": make_key(manager), **headers}
    if request_line[1].startswith("/admin"):
        # Each page contains a different CSRF token.
        assert (
            call(ours, *request_line, **headers)[0]
            == call(djangos, *request_line, **headers)[0]
        )
    else:
        assert call(ours, *request_line, **headers) == call(
            djangos, *request_line, **headers
        )


WEBHOOKS = {
    "an event": ("POST", "/webhooks/whatsapp", {"object": "x", "entry": []}),
    "with a slash": ("POST", "/webhooks/whatsapp/", {"object": "x", "entry": []}),
    "another shape": ("POST", "/webhooks/whatsapp", [1]),
    "no secret": ("POST", "/webhooks/evolution/x", {}),
    "no gateway": ("POST", "/webhooks/nobody", {}),
    "a long path": ("POST", f"/webhooks/evolution/{'x' * 200}", {}),
    "a wrong method": ("PUT", "/webhooks/whatsapp", {}),
    "a handshake": ("GET", "/webhooks/whatsapp", None),
}


@pytest.mark.django_db
@pytest.mark.parametrize("request_line", WEBHOOKS.values(), ids=WEBHOOKS)
@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("host", ["testserver", "evil.example"])
def test_webhooks_get_the_same_response(
    ours, djangos, settings, request_line, is_signed, host
):
    settings.META_APP_SECRET = "app-secret"
    raw = json.dumps(request_line[2]).encode()
    digest = hmac.new(b"app-secret", raw, hashlib.sha256).hexdigest()
    headers = {"HTTP_HOST": host}
    if is_signed:
        headers["HTTP_X_HUB_SIGNATURE_256"] = f"sha256={digest}"
    status, fields, content = call(ours, *request_line, **headers)
    whole, all_fields, page = call(djangos, *request_line, **headers)
    assert (status, content) == (whole, page)
    # Except for headers for browsers.
    assert set(fields) <= set(all_fields)


@pytest.mark.django_db(transaction=True)
def test_the_shorter_path_sets_cookies(ours, manager):
    operator = make_operator(manager)
    signing_in = {"username": operator.user.username, "password": "secret-password"}
    _, fields, _ = call(ours, "GET", "/api/session", None)
    token = dict(fields)["Set-Cookie"].split("=")[1].split(";")[0]
    status, fields, content = call(
        ours,
        "POST",
        "/api/session",
        signing_in,
        HTTP_COOKIE=f"csrftoken={token}",
        HTTP_X_CSRFTOKEN=token,
    )
    assert status == "200 OK", content
    cookies = [value.split("=")[0] for name, value in fields if name == "Set-Cookie"]
    assert sorted(cookies) == ["csrftoken", "hci_device", "sessionid"]


@pytest.mark.django_db(transaction=True)
def test_a_broken_connection_is_replaced_before_a_call(ours, manager):
    key = make_key(manager)
    connection.health_check_enabled = True
    connection.connection.close()
    request_line = CALLS["an answer"]
    assert call(ours, *request_line, HTTP_X_API_KEY=key)[0] == "200 OK"
