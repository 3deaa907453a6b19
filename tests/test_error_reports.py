"""Reports to Sentry only contain types, locations and ids."""

from __future__ import annotations

import json
import logging

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from sentry_sdk.transport import Transport
from structlog.contextvars import clear_contextvars

from hci_center import error_reports
from hci_center.audit.actor import acting_in
from hci_center.logs.context import bound
from hci_center.request_ids import KEY

CANARY = "canary-7f3a9"


@pytest.fixture
def sent(settings):
    envelopes = []

    class Kept(Transport):
        def capture_envelope(self, envelope):
            envelopes.append(envelope)

    settings.SENTRY_DSN = "https://key@sentry.example/1"
    error_reports.start(transport=Kept)
    yield lambda: [
        item.payload.json
        for envelope in envelopes
        for item in envelope.items
        if item.headers["type"] == "event"
    ]
    sentry_sdk.init()


def fail(text):
    kept = text.upper() + CANARY
    raise ValueError(f"{text} {kept}")


def test_an_error_is_reported_without_data(sent):
    clear_contextvars()
    request = RequestFactory().post(
        f"/api/x?{CANARY}", {"a": CANARY}, headers={"X-A": CANARY}, **{KEY: "id-1"}
    )
    with acting_in(request), bound(message_id=7):
        try:
            fail(CANARY)
        except ValueError:
            logging.getLogger("chats.x").exception("message %s failed", CANARY)
    [event] = sent()
    assert CANARY not in json.dumps(event)
    assert event["logentry"]["message"] == "message %s failed"
    assert event["tags"] == {"request_id": "id-1"}
    assert event["extra"] == {"message_id": 7}
    [error] = event["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"


def test_warnings_are_not_reported(sent):
    logging.getLogger("chats.x").warning("slow")
    assert sent() == []


def test_an_invalid_dsn_is_refused(settings):
    settings.SENTRY_DSN = "somewhere"
    with pytest.raises(ImproperlyConfigured, match="HCI_SENTRY_DSN is no DSN"):
        error_reports.start()
