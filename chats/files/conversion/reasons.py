"""Reasons why a file cannot be converted."""

from __future__ import annotations

from typing import Literal

# unreadable: damaged, or not of its declared type. too_large: over the limits of
# decoding. too_long: over the time limit. empty: no picture or no sound in it.
Reason = Literal["unreadable", "too_large", "too_long", "empty"]


class CannotConvertError(Exception):
    """The file cannot be converted, now or ever."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)
