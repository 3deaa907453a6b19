"""Sockets by what they may see: a text is made once for all that share their rights."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from hci_center.callers import Caller
from hci_center.feed.frames import Change, EventText, with_link
from hci_center.feed.visibility import can_see

Rights = tuple[frozenset[int] | None, int | None, frozenset[int], str]


class Audience:
    """The sockets of equal rights: same managers, operator, areas, same address for
    links."""

    __slots__ = ("base", "caller", "rights", "writers")

    def __init__(self, caller: Caller, base: str) -> None:
        self.caller = caller
        self.base = base
        self.rights: Rights = (caller.managers, caller.operator, caller.areas, base)
        # What hands a frame to each socket, without a step in between.
        self.writers: dict[Any, Callable[[bytes], None]] = {}

    def events_for(self, changes: Iterable[Change]) -> list[EventText]:
        """What of these changes it hears: the event, its removal, or nothing."""
        caller = self.caller
        heard: list[EventText] = []
        for change in changes:
            text = change.ev
            if text is None or change.kind == "epoch":
                continue
            if not caller.reaches(change.manager):
                continue
            if not can_see(caller, change.area, change.operator):
                text = change.gone
                if text is None or not can_see(
                    caller, change.was_area, change.was_operator
                ):
                    continue
            elif change.file is not None:
                text = with_link(text, change.file, self.base)
            heard.append((change.seq, text))
        return heard


class Audiences:
    """All audiences of a process, found by the managers that they reach."""

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
    ) -> Audience:
        """The audience of these rights, with the socket in it from now on."""
        joined = Audience(caller, base)
        audience = self._by_rights.setdefault(joined.rights, joined)
        if audience is joined:
            for place in self._places(audience):
                place.add(audience)
        audience.writers[socket] = write
        return audience

    def leave(self, socket: Hashable, audience: Audience) -> None:
        audience.writers.pop(socket, None)
        if audience.writers or self._by_rights.get(audience.rights) is not audience:
            return
        del self._by_rights[audience.rights]
        for place in self._places(audience):
            place.discard(audience)
        for manager in audience.caller.managers or ():
            if not self._by_manager[manager]:
                del self._by_manager[manager]

    def reached_by(self, managers: Iterable[int]) -> set[Audience]:
        """Those for which one of these managers exists."""
        found = set(self._everywhere)
        for manager in managers:
            found |= self._by_manager.get(manager, set())
        return found

    def _places(self, audience: Audience) -> list[set[Audience]]:
        managers = audience.caller.managers
        if managers is None:
            return [self._everywhere]
        return [self._by_manager.setdefault(manager, set()) for manager in managers]
