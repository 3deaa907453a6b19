"""Notes of the supervisor are lines of the log, in its format."""

from __future__ import annotations

import io

from hci_center.local.management.commands.serve import Command
from tests.logs.capturing import captured


def test_with_json_logs_a_note_is_json(settings):
    settings.LOG_FORMAT = "json"
    errors = io.StringIO()
    with captured() as log:
        Command(stderr=errors).note("web ended (exit 1); again in 0.1 s")
    [line] = log.lines
    assert line["event"] == "web ended (exit 1); again in 0.1 s"
    assert errors.getvalue() == ""


def test_otherwise_a_note_is_a_sentence(settings):
    settings.LOG_FORMAT = "text"
    errors = io.StringIO()
    Command(stderr=errors).note("web ended")
    assert errors.getvalue() == "serve: web ended\n"
