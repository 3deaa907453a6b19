"""The content security policy of our pages, and that browsers keep using https."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client

from tests.admin.conftest import (
    administrator,
    desk,
    office,
    own,
)

__all__ = ["administrator", "desk", "office", "own"]

HEADER = "Content-Security-Policy"
STRICT = {
    "default-src": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'"},
    "object-src": {"'none'"},
    "frame-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}
# What the back-office's theme needs: docs/decisions/content-security-policy.md.
BACK_OFFICE = STRICT | {
    "script-src": {"'self'", "'unsafe-eval'"},
    "style-src": {"'self'", "'unsafe-inline'"},
}
# Its script connects to the feed, at a port of its own.
WALL = {"connect-src": {"'self'", f"ws://testserver:{settings.FEED_PORT}"}}


def policy_of(answer):
    pieces = (piece.split() for piece in answer[HEADER].split(";"))
    return {name: set(sources) for name, *sources in pieces}


def check(answer, status, policy):
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert policy_of(answer) == policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


class Scripts(HTMLParser):
    """Finds inline scripts in a page, which the policy would block."""

    def __init__(self):
        super().__init__()
        self.found, self._in_script = [], False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        runs = given.get("type", "") in ("", "module", "text/javascript")
        self._in_script = tag == "script" and runs and "src" not in given
        self.found += [(tag, name) for name in given if name.startswith("on")]
        self.found += [
            (tag, value)
            for value in given.values()
            if value and value.strip().lower().startswith("javascript:")
        ]

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.found.append(("script", data))

    def handle_endtag(self, tag):
        self._in_script = False


def test_inline_scripts_are_found():
    for page in (
        "<script>1</script>",
        '<script type="module">1</script>',
        '<a href=" javascript:x">',
        '<a onclick="x">',
    ):
        scripts = Scripts()
        scripts.feed(page)
        assert scripts.found, page


def test_pages_of_the_back_office_have_the_policy(office, own):
    user = office.get("/admin/auth/user/").context["user"].pk
    answers = [Client().get("/admin/login/")]
    addresses = ["/admin/", "/admin/password_change/", "/admin/managers/apikey/add/"]
    addresses += [f"/admin/auth/user/{user}/change/", "/admin/auth/user/add/"]
    for page, row in own.rows().items():
        addresses.append(f"/admin/{page}/")
        addresses += [
            f"/admin/{page}/{row.pk}/{view}/" for view in ("change", "history")
        ]
    answers += [office.get(address) for address in addresses]
    answers.append(office.post("/admin/managers/manager/add/", {}))
    answers.append(office.post("/admin/logout/"))
    for answer in answers:
        if answer.status_code == 302:
            continue
        is_wall = answer.request["PATH_INFO"] == "/admin/"
        check(answer, 200, BACK_OFFICE | WALL if is_wall else BACK_OFFICE)
        scripts = Scripts()
        scripts.feed(answer.content.decode())
        assert scripts.found == [], answer.request["PATH_INFO"]
    assert sum(answer.status_code == 200 for answer in answers) >= len(addresses)


def test_error_pages_have_the_policy(office, desk, monkeypatch):
    check(Client().get("/nowhere"), 404, STRICT)
    check(office.get("/admin/nowhere/"), 404, STRICT)
    check(office.get("/admin/", headers={"Host": "elsewhere.example"}), 400, STRICT)
    check(desk.get("/admin/managers/apikey/"), 403, STRICT)
    strict = Client(enforce_csrf_checks=True)
    check(strict.post("/admin/login/", {"username": "ana"}), 403, STRICT)

    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("chats.admin.overview.troubles_of", fail)
    office.raise_request_exception = False
    check(office.get("/admin/"), 500, STRICT)


def test_the_page_of_the_api_has_the_policy(db):
    answer = Client().get("/api/docs/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = policy_of(answer)
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"'self'"}
    assert policy["frame-ancestors"] == {"'none'"}


def test_responses_to_programs_have_no_policy(db, api, office):
    answers = [api.get("/api/user/"), api.get("/api/nowhere/")]
    answers += [Client().get(path) for path in ("/healthz", "/api/schema/")]
    answers.append(Client().get("/webhooks/whatsapp"))
    answers.append(office.get("/admin/jsi18n/"))
    for answer in answers:
        assert not answer["Content-Type"].startswith("text/html")
        assert HEADER not in answer
        assert "Strict-Transport-Security" not in answer


def settings_with(tmp_path, **environment):
    """Returns the settings of a new process with that environment."""
    names = (
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_PROXY_SSL_HEADER",
    )
    asked = (
        "from django.conf import settings;"
        f"print([getattr(settings, name) for name in {names}])"
    )
    given = {"HCI_DATA_DIR": str(tmp_path), **environment}
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hci_center.settings"} | given,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ast.literal_eval(done.stdout)


PROXY = ("HTTP_X_FORWARDED_PROTO", "https")
MONTH = 30 * 24 * 60 * 60


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, [0, False, False, False, False, None]),
        (
            {"HCI_PUBLIC_URL": "http://centre.example", "HCI_HSTS_SECONDS": "60"},
            [0, False, False, False, False, None],
        ),
        (
            {"HCI_PUBLIC_URL": "https://centre.example"},
            [MONTH, False, False, True, True, PROXY],
        ),
        (
            {"HCI_PUBLIC_URL": "https://centre.example", "HCI_HSTS_SECONDS": "0"},
            [0, False, False, True, True, PROXY],
        ),
    ],
    ids=["without an address", "http", "https", "https, switched off"],
)
def test_the_public_address_decides_on_https(tmp_path, environment, told):
    assert settings_with(tmp_path, **environment) == told


@pytest.mark.parametrize("path", ["/nowhere", "/admin/login/", "/api/docs/", "/"])
def test_pages_over_https_have_hsts(db, settings, path):
    settings.SECURE_HSTS_SECONDS = MONTH
    settings.SECURE_PROXY_SSL_HEADER = PROXY
    by_https = Client().get(path, headers={"X-Forwarded-Proto": "https"})
    assert by_https["Strict-Transport-Security"] == f"max-age={MONTH}"
    assert "Strict-Transport-Security" not in Client().get(path)


def test_cookies_are_secure_with_an_https_address(db, settings, supervisor):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    supervisor.set_password("long-enough-secret")
    supervisor.save()
    client = Client()
    client.get("/admin/login/")
    client.post(
        "/admin/login/",
        {"username": supervisor.username, "password": "long-enough-secret"},
    )
    assert set(client.cookies) >= {"sessionid", "csrftoken"}
    for name, cookie in client.cookies.items():
        assert cookie["secure"], name
        assert cookie["samesite"] in ("Lax", "Strict"), name
