"""Says something about the start of a process, before or without Django's logging."""

from __future__ import annotations

import logging
import os
import sys

NAME = "hci_center.start"


def say(text: str, level: int = logging.WARNING) -> None:
    """Writes the sentence to stderr; as an object of JSON with HCI_LOG_FORMAT=json.

    The settings may be what cannot be read, so the variable itself is asked.
    """
    if os.environ.get("HCI_LOG_FORMAT", "").strip().lower() == "json":
        text = _as_json(text, level)
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _as_json(text: str, level: int) -> str:
    # Imported late: it is needed for this format alone.
    from hci_center.logs.lines import Lines

    record = logging.LogRecord(NAME, level, "", 0, "%s", (text,), None)
    return Lines().format(record)
