"""Groups sockets by their rights, so that each group's frames are made only once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from hci_center.callers import Caller
from hci_center.feed.frames import (
    ADDITIONAL_KINDS,
    Change,
    EventText,
    for_reader,
    with_link,
    without_was,
)
from hci_center.visibility import predicate_within_manager

Rights = tuple[frozenset[int] | None, int | None, frozenset[int], str, frozenset[str]]
NO_KINDS: frozenset[str] = frozenset()


class Audience:
    """Sockets with equal rights: same managers, operator, areas and link address.

    `also` are the additional kinds that they requested.
    """

    __slots__ = ("also", "base", "caller", "left_out", "rights", "sees", "writers")

    def __init__(
        self, caller: Caller, base: str, also: frozenset[str] = NO_KINDS
    ) -> None:
        self.caller = caller
        self.base = base
        self.also = also
        self.left_out = ADDITIONAL_KINDS - also | {"epoch"}
        self.sees = predicate_within_manager(caller)
        self.rights: Rights = (
            caller.managers,
            caller.operator,
            caller.areas,
            base,
            also,
        )
        # The function that writes a frame to each socket directly.
        self.writers: dict[Any, Callable[[bytes], None]] = {}

    def events_for(self, changes: Iterable[Change]) -> list[EventText]:
        """Returns the events for these changes: for each an event, removal or none."""
        caller = self.caller
        events: list[EventText] = []
        for change in changes:
            text = change.ev
            if text is None or change.kind in self.left_out:
                continue
            if not caller.reaches(change.manager):
                continue
            if not self.sees(change.area, change.operator):
                text = change.gone
                if text is None or not self.sees(change.was_area, change.was_operator):
                    continue
            elif change.file is not None:
                text = with_link(text, change.file, self.base)
            elif change.kind in ADDITIONAL_KINDS:
                text = self._additional(change, text)
            events.append((change.seq, text))
        return events

    def _additional(self, change: Change, text: str) -> str:
        """Returns the event of a requested kind, if the row is visible."""
        if change.kind == "note":
            return for_reader(text, self.caller.operator)
        is_new_here = change.gone is not None and not self.sees(
            change.was_area, change.was_operator
        )
        return without_was(text) if is_new_here else text


class Audiences:
    """All audiences of a process, indexed by the managers that they reach."""

    def __init__(self) -> None:
        self._by_rights: dict[Rights, Audience] = {}
        self._everywhere: set[Audience] = set()
        self._by_manager: dict[int, set[Audience]] = {}

    def __len__(self) -> int:
        return len(self._by_rights)

    def join(
        self,
        socket: Hashable,
        write: Callable[[bytes], None],
        caller: Caller,
        base: str,
        also: frozenset[str] = NO_KINDS,
    ) -> Audience:
        """Adds the socket to the audience of these rights and returns the audience."""
        new = Audience(caller, base, also)
        audience = self._by_rights.setdefault(new.rights, new)
        if audience is new:
            for index in self._indexes(audience):
                index.add(audience)
        audience.writers[socket] = write
        return audience

    def leave(self, socket: Hashable, audience: Audience) -> None:
        audience.writers.pop(socket, None)
        if audience.writers or self._by_rights.get(audience.rights) is not audience:
            return
        del self._by_rights[audience.rights]
        for index in self._indexes(audience):
            index.discard(audience)
        for manager in audience.caller.managers or ():
            if not self._by_manager[manager]:
                del self._by_manager[manager]

    def reached_by(self, managers: Iterable[int]) -> set[Audience]:
        """Returns the audiences that reach at least one of these managers."""
        found = set(self._everywhere)
        for manager in managers:
            found |= self._by_manager.get(manager, set())
        return found

    def _indexes(self, audience: Audience) -> list[set[Audience]]:
        managers = audience.caller.managers
        if managers is None:
            return [self._everywhere]
        return [self._by_manager.setdefault(manager, set()) for manager in managers]
