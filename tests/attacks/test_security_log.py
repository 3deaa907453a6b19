"""Attacks are logged as single lines, and a flood of them is limited."""

import io
import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hci_center import security
from managers.models import ApiKey
from tests.areas.api.test_session import Browser
from tests.builders import make_key
from tests.conftest import Api

KEY = "hci_0123abcd_" + "x" * 43


@pytest.fixture
def logged():
    """Captures the log for security events."""
    # pytest adds handlers of its own to loggers that do not propagate.
    [handler] = [h for h in logging.getLogger("security").handlers if h.filters]
    assert handler in logging.getLogger("django.security").handlers
    [limit] = handler.filters
    limit._used.clear()
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield lambda: [line.partition(" security: ")[2] or line for line in lines(stream)]
    handler.setStream(before)
    limit._used.clear()


def lines(stream):
    return stream.getvalue().splitlines()


def test_a_refused_key_is_logged(logged, manager):
    Api(KEY).get("/api/user/")
    Api("\u00e9").get("/api/user/")
    assert logged() == [
        "key_refused address='127.0.0.1' prefix=0123abcd",
        "key_refused address='127.0.0.1' prefix=none",
    ]
    assert KEY not in "".join(logged())


def test_an_ended_and_a_throttled_key_are_logged(logged, manager):
    past = timezone.now() - timedelta(days=1)
    ended, busy = make_key(manager, expires_at=past), make_key(manager)
    ApiKey.objects.filter(prefix=busy[4:12]).update(per_minute=1)
    Api(ended).get("/api/user/")
    answers = [Api(busy).get("/api/user/").status_code for _ in range(2)]
    assert answers == [200, 429]
    events = [line.split()[0] for line in logged()]
    assert events == ["key_refused", "key_throttled"]
    assert logged()[1].endswith(f"prefix={busy[4:12]}")


def test_a_wrong_password_and_a_throttled_sign_in_are_logged(logged, ana):
    browser = Browser()
    browser.call("GET")
    for _ in range(6):
        browser.sign_in(ana.user.username, "my-real-password")
    # An unknown name may be a password in the wrong field, so it is not logged.
    browser.sign_in("my-real-password", "x")
    told = logged()
    failed = f"sign_in_failed address='127.0.0.1' account={ana.user.username}"
    assert told[:5] == [failed] * 5
    assert f"sign_in_throttled address='127.0.0.1' account={ana.user.username}" in told
    assert told[-1] == "sign_in_failed address='127.0.0.1' account=none"
    assert "my-real-password" not in "".join(told)


@pytest.mark.parametrize(
    "path", ["facebook", "whatsapp", "evolution/1-abc", "wppconnect/x/event"]
)
def test_a_forged_webhook_is_logged(db, logged, path):
    body = json.dumps({"entry": []})
    answer = Client().post(f"/webhooks/{path}", body, "application/json")
    assert answer.status_code == 403
    source = path.partition("/")[0]
    assert logged() == [f"webhook_forged address='127.0.0.1' source={source}"]


@pytest.mark.parametrize("path", ["/api/user/", "/admin/login/", "/api/docs/"])
def test_a_foreign_host_is_logged_as_one_line(db, logged, path):
    Client().get(path, headers={"host": "evil.example"})
    [line] = logged()
    assert "django.security.DisallowedHost: Invalid HTTP_HOST header" in line
    assert "Traceback" not in line
    assert len(line) < 300


def test_a_forbidden_lookup_in_the_admin_is_logged_as_one_line(logged, supervisor):
    client = Client()
    client.force_login(supervisor)
    client.get("/admin/chats/message/?content__regex=x%0Aforged%20line")
    [line] = logged()
    assert "Filtering by content__regex not allowed" in line


def test_a_flood_is_limited_and_logged(logged, monkeypatch):
    moment = 1000.0
    monkeypatch.setattr(security.time, "monotonic", lambda: moment)
    for _ in range(500):
        security.report("key_refused", address="1.2.3.4")
    # Lines of other kinds are still logged.
    security.report("webhook_forged", address="1.2.3.4")
    assert len(logged()) == security.AT_ONCE + 1
    moment += 60
    for _ in range(500):
        security.report("key_refused", address="1.2.3.4")
    told = logged()
    assert len(told) == security.AT_ONCE + 1 + security.A_MINUTE
    left_out = 500 - security.AT_ONCE
    assert told[security.AT_ONCE + 1].endswith(f"(and {left_out} more like it before)")
    assert not told[-1].endswith("before)")


def test_line_breaks_in_requests_create_no_log_lines(logged):
    security.report(
        "sign_in_failed", account="a\n2026 INFO security: fine\x1b[31m\ud800"
    )
    logging.getLogger("django.security.X").error("b\r\nc%s", "\u2028d" * 1000)
    told = logged()
    assert len(told) == 2
    assert all(line.isprintable() for line in told)
    assert all(len(line) <= security.LONGEST_LINE for line in told)
