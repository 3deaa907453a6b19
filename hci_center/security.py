"""Logs security events to the logger `security`, one line each, rate-limited.

Logged are refused credentials, failed or throttled sign-ins, forged webhooks and
requests for a foreign host. Attackers control the content and the number of these
events. So control characters are escaped, lines are truncated, and each kind of event
has a limit of lines per minute; the next line of that kind states how many were left
out.
"""

from __future__ import annotations

import logging
import threading
import time

from django.http import HttpRequest

from hci_center.addresses import address_of
from hci_center.masking import masked

logger = logging.getLogger("security")

# Lines per kind of event: the allowed burst, and the rate per minute after it.
AT_ONCE = 20
A_MINUTE = 20
LONGEST_VALUE = 100
LONGEST_LINE = 500


def report(event: str, request: HttpRequest | None = None, **details: object) -> None:
    """Logs `event address=… name=value …`; the details must not contain secrets."""
    facts = {"address": address_of(request), **details} if request else details
    text = " ".join(f"{name}={_quoted(value)}" for name, value in facts.items())
    logger.warning("%s %s", event, text, extra={"event": event})


def _quoted(value: object) -> str:
    text = str(value)[:LONGEST_VALUE]
    return text if text.isalnum() else repr(text)


class LimitedEvents(logging.Filter):
    """Limits the records of each kind per minute and counts those left out.

    The kind is the event name given to `report`; for other records, such as Django's
    `django.security.*`, it is the logger's name.
    """

    def __init__(self, at_once: int = AT_ONCE, a_minute: int = A_MINUTE) -> None:
        super().__init__()
        self.at_once, self.a_minute = at_once, a_minute
        # By kind: until when its lines are used up, and how many were left out.
        self._used: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(getattr(record, "event", record.name))
        interval, now = 60.0 / self.a_minute, time.monotonic()
        with self._lock:
            until, left_out = self._used.get(kind, (0.0, 0))
            until = max(until, now)
            passes = until - now <= interval * (self.at_once - 1)
            self._used[kind] = (
                (until + interval, 0) if passes else (until, left_out + 1)
            )
        if passes:
            record.left_out = left_out
        return passes


class SingleLineFormatter(logging.Formatter):
    """Formats a record as one printable line without a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        left_out = getattr(record, "left_out", 0)
        if left_out:
            message += f" (and {left_out} more like it before)"
        when = self.formatTime(record, self.datefmt)
        line = f"{when} {record.levelname} {record.name}: {message}"
        return masked(_printable(line)[:LONGEST_LINE])


def _printable(text: str) -> str:
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
