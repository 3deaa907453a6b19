"""A line of the log is a JSON object with ids and without personal data."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import RequestFactory

from hci_center.audit.actor import acting_in
from hci_center.callers import Caller
from hci_center.logs.context import bind, bound
from hci_center.logs.lines import Lines
from hci_center.request_ids import KEY
from tests.logs.capturing import captured

logger = logging.getLogger("chats.some.module")


def test_a_line_has_time_level_logger_and_event():
    with captured() as log:
        logger.warning("message %s: %s", 7, "accepted")
    [line] = log.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "message 7: accepted",
        "level": "warning",
        "logger": "chats.some.module",
    }


def test_a_line_has_the_ids_of_the_current_work():
    with captured() as log:
        with bound(event_id=3):
            bind(manager_id=1, chat_id=2, message_id=4)
            with bound(message_id=5):
                logger.info("inner")
            logger.info("outer")
        logger.info("after")
    names = ("event_id", "manager_id", "chat_id", "message_id")
    found = [tuple(line.get(name) for name in names) for line in log.lines]
    assert found == [(3, 1, 2, 5), (3, 1, 2, 4), (None,) * 4]


def test_a_line_has_the_id_of_the_current_request():
    request = RequestFactory().get("/api/user/", **{KEY: "abc-1"})
    request.caller = Caller("key", "key:7", frozenset({12}))
    with captured() as log, acting_in(request):
        logger.error("Unexpected error")
    [line] = log.lines
    assert (line["request_id"], line["caller"], line["manager_id"]) == (
        "abc-1",
        "key:7",
        12,
    )


def test_a_traceback_is_in_the_line_without_values():
    with captured() as log:
        try:
            int("Maria Segredo")
        except ValueError:
            logger.exception("It failed")
    [line] = log.lines
    assert "test_lines.py" in line["exception"]
    assert "ValueError: " in line["exception"]
    # The shown line of code is in this test.
    assert line["exception"].count("Maria Segredo") == 1


@pytest.mark.parametrize("value", ["a\nb\r\x1b[0m", "\ud800", '"}{', "x" * 10_000])
def test_any_message_is_one_line(value):
    # Not logged, because pytest could not report a surrogate.
    record = logging.LogRecord("x", 20, "", 1, "said %s", (value,), None)
    text = Lines().format(record)
    assert text.splitlines() == [text]
    assert len(json.loads(text)["event"]) <= 2000


def test_security_events_have_the_number_of_omitted_ones():
    record = logging.LogRecord("security", 30, "", 1, "key_refused", (), None)
    record.left_out = 4
    assert json.loads(Lines().format(record))["left_out"] == 4
