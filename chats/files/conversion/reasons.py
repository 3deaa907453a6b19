"""Why a file cannot be converted."""

from __future__ import annotations

from typing import Literal

# unreadable: damaged, or not what it says. too_large: more in it than we take apart.
# too_long: it takes longer than we give it. empty: no picture or no sound in it.
Reason = Literal["unreadable", "too_large", "too_long", "empty"]


class CannotConvertError(Exception):
    """The file cannot be converted, now or ever."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)
