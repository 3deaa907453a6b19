"""Parses unvalidated values of gateways."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

MILLISECONDS_FROM = 10**12
LONGEST_TEXT = 65_536
LONGEST_NAME = 200
OLDEST = timedelta(days=30)
# The start of year 9999, the last one of `datetime`.
LATEST = 253_370_764_800
LONGEST_WAIT = 86_400.0

# Control characters, and characters that change the text direction.
_UNREADABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def timestamp(value: Any) -> datetime | None:
    """Parses a time in seconds or milliseconds, a number or digits.

    Returns None if it is invalid, in the future or over 30 days old; the time of
    arrival is used then.
    """
    read = stamp(value)
    now = datetime.now(UTC)
    if read is None or not now - OLDEST <= read <= now + timedelta(minutes=1):
        return None
    return read


def stamp(value: Any) -> datetime | None:
    """Parses a time of any age; None if it is invalid."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = value / 1000 if MILLISECONDS_FROM <= value < 10**15 else value
    if not 0 < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def retry_after(value: Any) -> float | None:
    """Parses a delay in seconds that a gateway requests, a number or digits.

    It is at most a day; None if it is invalid.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Returns any value as text that can be stored: no NUL, no lone surrogates."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    read = str(value).replace("\x00", "")
    if not read.isascii():
        read = read.encode("utf-8", "replace").decode()
    return read[:longest]


def name(value: Any) -> str:
    """Returns a person's display name without control and direction characters."""
    return " ".join(_UNREADABLE.sub(" ", text(value)).split())[:LONGEST_NAME]


def kind(value: Any) -> str:
    """Returns a message type as it can be stored."""
    read = re.sub(r"[^a-z0-9_-]+", "_", text(value).lower())[:32]
    return read or "unknown"


def placeholder(what: str) -> str:
    """Returns the placeholder text for a message that cannot be shown."""
    return _("[This message cannot be shown here: %s]") % kind(what)


def found(value: Any, *path: str | int) -> Any:
    """Returns the value at a path of keys and positions, None if it does not exist."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def listed(value: Any, *path: str | int) -> list[Any]:
    """Returns the list at a path, empty if there is none."""
    value = found(value, *path)
    return value if isinstance(value, list) else []
