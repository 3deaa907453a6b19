"""Messages of a process at its start are JSON objects if the log is JSON."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured

from hci_center.local.refused_start import exit_on_configuration_error
from hci_center.logs.starting import say
from tests.local.test_refused_start import ended


def test_a_sentence_is_plain_or_an_object(monkeypatch, capsys):
    monkeypatch.delenv("HCI_LOG_FORMAT", raising=False)
    say("It is so.")
    assert capsys.readouterr().err == "It is so.\n"
    monkeypatch.setenv("HCI_LOG_FORMAT", " JSON")
    say("It is so, 100 %.", logging.ERROR)
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["event"]) == ("error", "It is so, 100 %.")
    assert line["timestamp"]


def test_a_refused_start_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("HCI_LOG_FORMAT", "json")
    with pytest.raises(SystemExit), exit_on_configuration_error():
        raise ImproperlyConfigured("HCI_X is wrong.")
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["event"]) == ("error", "HCI_X is wrong.")


def test_every_line_of_a_refused_process_is_an_object(tmp_path):
    """Its settings are invalid, its database is unavailable, a variable is misspelt."""
    given = {"HCI_DATA_DIR": str(tmp_path), "HCI_LOG_FORMAT": "json"}
    found = ended("manage.py", "serve_feed", **given, HCI_PORT="x")
    [line] = [json.loads(each) for each in found.stderr.splitlines()]
    assert line["level"] == "error"
    assert line["event"] == "HCI_PORT is 'x'; it must be a number."
    found = ended(
        *("-m", "hci_center.webserver.server"),
        **given,
        HCI_WEB_TREADS="4",
        HCI_HOST="nowhere.invalid",
    )
    lines = [json.loads(each) for each in found.stderr.splitlines()]
    said = [(each["level"], each["event"]) for each in lines]
    assert said[0] == (
        "warning",
        "HCI_WEB_TREADS is set, but nothing reads it: is HCI_WEB_THREADS meant?",
    )
    assert said[1][0] == "warning"
    assert said[1][1].startswith("The database does not answer yet")
    assert said[2][0] == "error"
    assert said[2][1].startswith("nowhere.invalid:")
