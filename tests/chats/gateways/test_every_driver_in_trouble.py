"""Every driver with a gateway that refuses, disconnects, or is down."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chats.gateways.base import (
    Accepted,
    Failed,
    Media,
    Profile,
    Rejected,
)
from hci_center.demo.gateways import faults
from tests.chats.gateways.rigs import PERSON, PNG, SHORT, STRANGER, Rig, file_of

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch):
    """Gateways hang here, and the drivers give up soon."""
    monkeypatch.setattr(Rig, "timeouts", SHORT)


def test_an_unknown_person_is_an_error_of_the_message(rig):
    outcome = rig.send(to=STRANGER)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.scope) == ("bad_recipient", "contact")
    assert rig.fake.delivered == []


def test_a_wrong_token_is_an_error_of_the_account(rig):
    outcome = rig.gateway.send(rig.with_token("wrong"), rig.out())
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.scope) == ("not_authorized", "account")


def test_a_closed_session_is_an_error_of_the_account(rig):
    rig.disconnect()
    outcome = rig.send()
    assert isinstance(outcome, Failed | Rejected)
    assert outcome.scope == "account"
    assert not getattr(outcome, "maybe_sent", False)


def test_a_refused_connection_means_not_sent(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    outcome = rig.gateway.send(account, rig.out())
    assert outcome == Failed(
        "unreachable", outcome.reason, scope="account", maybe_sent=False
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.hang(5), "timeout"),
        (faults.drip(5), "timeout"),
        (faults.cut(), "cut"),
        (faults.cut_after(), "cut"),
        (faults.flood(), "unreadable"),
        (faults.reply_after(502, b"<html>Bad Gateway</html>"), "unreadable"),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_an_incomplete_response_is_an_unknown_result(rig, fault, code):
    rig.fake.faults.append(fault)
    outcome = rig.send()
    if fault.kind == "reply_after" and rig.name == "wppconnect":
        code = "temporary"
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.maybe_sent, outcome.scope) == (code, True, "contact")


def test_a_response_without_an_id_is_not_a_success(rig):
    rig.fake.faults.append(faults.reply_after(200, {"success": True}))
    outcome = rig.send()
    if rig.name == "controller":  # a process older than protocol 1
        assert outcome == Accepted((rig.fake.delivered[0].uuid,))
    else:
        assert isinstance(outcome, Failed)
        assert outcome.maybe_sent


def test_a_redirect_is_not_followed(rig):
    rig.fake.faults.append(faults.redirect(f"{rig.fake.url}/trap"))
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.scope) == ("redirected", "account")
    assert [r for r in rig.fake.requests if r.path == "/trap"] == []


def test_a_page_of_another_program_says_nothing_about_the_number(rig):
    rig.fake.faults.append(faults.reply(404, b"<html>Not Found</html>"))
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.scope, outcome.maybe_sent) == ("account", False)


def test_retry_after_of_too_many_requests_is_used(rig):
    rig.fake.faults.append(
        faults.reply(429, {"error": {"message": "slow down"}}, Retry_After="42")
    )
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry_after) == ("throttled", 42.0)
    assert not outcome.maybe_sent


def test_the_next_send_after_a_disconnection_works(rig):
    rig.fake.faults.extend([faults.cut(), None])
    rig.send()
    assert isinstance(rig.send(), Accepted)


def test_a_gateway_that_is_gone_is_not_healthy(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    assert rig.gateway.health(account).state == "closed"


def test_an_unknown_result_is_looked_up_if_supported(rig):
    """Only two gateways have a lookup; the others report by echoes and receipts."""
    rig.fake.faults.append(faults.cut_after())
    out = rig.out(is_canonical=True)
    rig.gateway.send(rig.account, out)
    found = rig.gateway.lookup(rig.account, out)
    if rig.name in ("controller", "wppconnect"):
        assert isinstance(found, Accepted)
    else:
        assert found is None


def test_an_unreadable_file_means_not_sent(rig):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("the disk is gone")

    broken = file_of(PNG, "foto.png", "image/png")
    outcome = rig.send(kind="image", text="", file=replace(broken, open=Broken))
    assert isinstance(outcome, Failed)
    assert not outcome.maybe_sent
    assert rig.fake.delivered == []
    assert isinstance(rig.send(), Accepted)


def test_a_response_that_is_not_json_is_an_unknown_result(rig):
    rig.fake.faults.append(faults.reply_after(200, b"<html>Welcome</html>"))
    outcome = rig.send()
    if rig.name == "controller":  # a process older than protocol 1
        assert isinstance(outcome, Accepted)
    else:
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.maybe_sent) == ("unreadable", True)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        (lambda: format_datetime(datetime.now(UTC) + HOUR, usegmt=True), 3590, 3600),
        (lambda: "Wed, 21 Oct 2026 07:28:00 GMT", 0, 1),
        (lambda: "Some, day in GMT", 0, 1),
        (lambda: "9" * 400, 86400, 86400),
        (lambda: "-7", 0, 1),
        (lambda: "nan", 0, 1),
    ],
)
def test_any_retry_after_becomes_a_valid_wait(rig, said, least, most):
    slow_down = {"error": {"message": "slow down"}}
    rig.fake.faults.append(faults.reply(429, slow_down, Retry_After=said()))
    outcome = rig.send()
    assert isinstance(outcome, Failed)
    assert outcome.code == "throttled"
    assert least <= (outcome.retry_after or 0) <= most


def test_an_error_of_any_format_is_handled(rig):
    shapes = ([], None, 7, "no", {"error": None}, {"error": ["x"]}, {"message": {}})
    for shape in shapes:
        for status in (200, 400, 404, 500):
            rig.fake.faults.append(faults.reply(status, json.dumps(shape).encode()))
            assert isinstance(rig.send(), Accepted | Rejected | Failed)


def test_an_unavailable_gateway_raises_no_other_exception(rig):
    account = replace(rig.account, url="http://127.0.0.1:9/v25.0")
    media = Media(id="7", url="http://127.0.0.1:9/media/7")
    assert isinstance(rig.gateway.fetch(account, media), Failed)
    assert rig.gateway.lookup(account, rig.out(is_canonical=True)) is None
    assert isinstance(rig.gateway.profile(account, PERSON), Profile | Failed)
