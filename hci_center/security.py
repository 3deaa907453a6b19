"""Security events: one line each in the log `security`, and never a flood of lines.

What is logged: credentials that were refused, sign-ins that failed or were slowed
down, webhooks that were forged, requests for a foreign host. Who causes them chooses
what is in them and how many there are: so a line holds no control character, is cut,
and of each kind of event only so many are written a minute. How many were left out
stands in the next line of that kind.
"""

from __future__ import annotations

import logging
import threading
import time

from django.http import HttpRequest

from hci_center.addresses import address_of

logger = logging.getLogger("security")

# Lines of one kind of event that may come at once, and that come after them a minute.
AT_ONCE = 20
A_MINUTE = 20
LONGEST_VALUE = 100
LONGEST_LINE = 500


def report(event: str, request: HttpRequest | None = None, **details: object) -> None:
    """Logs `event address=… name=value …`; the details are plain facts, no secrets."""
    facts = {"address": address_of(request), **details} if request else details
    told = " ".join(f"{name}={_quoted(value)}" for name, value in facts.items())
    logger.warning("%s %s", event, told, extra={"event": event})


def _quoted(value: object) -> str:
    text = str(value)[:LONGEST_VALUE]
    return text if text.isalnum() else repr(text)


class LimitedEvents(logging.Filter):
    """Passes so many records of one kind a minute, and counts what it leaves out.

    The kind is what `report` calls the event; of others, as Django's own of
    `django.security.*`, the name of the logger.
    """

    def __init__(self, at_once: int = AT_ONCE, a_minute: int = A_MINUTE) -> None:
        super().__init__()
        self.at_once, self.a_minute = at_once, a_minute
        # Of each kind: until when its lines are used up, and how many were left out.
        self._used: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(getattr(record, "event", record.name))
        each, now = 60.0 / self.a_minute, time.monotonic()
        with self._lock:
            until, left_out = self._used.get(kind, (0.0, 0))
            until = max(until, now)
            passes = until - now <= each * (self.at_once - 1)
            self._used[kind] = (until + each, 0) if passes else (until, left_out + 1)
        if passes:
            record.left_out = left_out
        return passes


class SingleLineFormatter(logging.Formatter):
    """A record in one line without a traceback, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        left_out = getattr(record, "left_out", 0)
        if left_out:
            message += f" (and {left_out} more like it before)"
        when = self.formatTime(record, self.datefmt)
        line = f"{when} {record.levelname} {record.name}: {message}"
        return _printable(line)[:LONGEST_LINE]


def _printable(text: str) -> str:
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
