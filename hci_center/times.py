"""Formats times as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime


def as_time(moment: datetime) -> str:
    """Returns the time as ISO 8601 in UTC with milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
