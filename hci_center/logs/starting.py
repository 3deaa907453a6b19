"""Prints messages about the start of a process, before or without Django's logging."""

from __future__ import annotations

import logging
import os
import sys

NAME = "hci_center.start"


def say(text: str, level: int = logging.WARNING) -> None:
    """Writes the sentence to stderr; as a JSON object with HCI_LOG_FORMAT=json.

    The settings may be unreadable, so the variable is read directly.
    """
    if os.environ.get("HCI_LOG_FORMAT", "").strip().lower() == "json":
        text = _as_json(text, level)
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _as_json(text: str, level: int) -> str:
    # Imported late: only needed for this format.
    from hci_center.logs.lines import Lines

    record = logging.LogRecord(NAME, level, "", 0, "%s", (text,), None)
    return Lines().format(record)
