"""The latest changes in memory, so that a short absence needs no query."""

from __future__ import annotations

from hci_center.feed.frames import Change

MOST_CHANGES = 20_000
MOST_CHARACTERS = 16 * 2**20


class ReplayBuffer:
    """The latest changes, without gaps."""

    def __init__(self, last: int) -> None:
        self.last = last
        self._changes: list[Change] = []
        self._size = 0

    def covers(self, cursor: int) -> bool:
        """Whether the buffer has all changes after the cursor."""
        return cursor >= self.last - len(self._changes)

    def add(self, changes: list[Change]) -> None:
        """Adds the changes after `last` and drops the oldest beyond the limits."""
        self._changes += changes
        self._size += sum(map(_size, changes))
        self.last = changes[-1].seq
        if len(self._changes) > MOST_CHANGES or self._size > MOST_CHARACTERS:
            self._forget()

    def after(self, cursor: int, most: int) -> list[Change]:
        """Returns the first changes after a covered cursor, at most `most`."""
        start = len(self._changes) - (self.last - cursor)
        return self._changes[start : start + most]

    def _forget(self) -> None:
        """Drops changes down to three quarters of the limits, to run rarely."""
        keep = len(self._changes)
        size = self._size
        while keep > MOST_CHANGES * 3 // 4 or size > MOST_CHARACTERS * 3 // 4:
            size -= _size(self._changes[len(self._changes) - keep])
            keep -= 1
        del self._changes[: len(self._changes) - keep]
        self._size = size


def _size(change: Change) -> int:
    return 200 + len(change.ev or "") + len(change.gone or "")
