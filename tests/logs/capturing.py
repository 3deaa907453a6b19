"""Captures the log in JSON, as the processes write it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from structlog.contextvars import clear_contextvars

from hci_center.logs.lines import Lines


class Captured:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def captured(level: int = logging.INFO) -> Iterator[Captured]:
    """Captures the JSON of every logger within the block, including security's."""
    # Without ids that earlier tests have stored in this thread.
    clear_contextvars()
    found = Captured()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(Lines())
    loggers = [logging.getLogger(n) for n in ("", "security", "django.security")]
    before = loggers[0].level
    loggers[0].setLevel(level)
    for each in loggers:
        each.addHandler(handler)
    try:
        yield found
    finally:
        for each in loggers:
            each.removeHandler(handler)
        loggers[0].setLevel(before)
