"""The latest changes, kept in memory so that a short absence costs no query."""

from __future__ import annotations

from hci_center.feed.frames import Change

MOST_CHANGES = 20_000
MOST_CHARACTERS = 16 * 2**20


class ReplayBuffer:
    """Changes without a gap, ending with the latest."""

    def __init__(self, last: int) -> None:
        self.last = last
        self._changes: list[Change] = []
        self._size = 0

    def covers(self, cursor: int) -> bool:
        """Whether all that came after the cursor is here."""
        return cursor >= self.last - len(self._changes)

    def add(self, changes: list[Change]) -> None:
        """Takes what follows `last`, and forgets the oldest beyond the bounds."""
        self._changes += changes
        self._size += sum(map(_size, changes))
        self.last = changes[-1].seq
        if len(self._changes) > MOST_CHANGES or self._size > MOST_CHARACTERS:
            self._forget()

    def after(self, cursor: int, most: int) -> list[Change]:
        """The first ones after a cursor that is covered."""
        start = len(self._changes) - (self.last - cursor)
        return self._changes[start : start + most]

    def _forget(self) -> None:
        """Down to three quarters, so that it happens now and then and not always."""
        keep = len(self._changes)
        size = self._size
        while keep > MOST_CHANGES * 3 // 4 or size > MOST_CHARACTERS * 3 // 4:
            size -= _size(self._changes[len(self._changes) - keep])
            keep -= 1
        del self._changes[: len(self._changes) - keep]
        self._size = size


def _size(change: Change) -> int:
    return 200 + len(change.ev or "") + len(change.gone or "")
