"""Splits a chat into pieces, at changes of its area, operator or menu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chats.models import ChatEvent

Kind = ChatEvent.Kind
# Lines that may release a contact, and lines that cancel that (`assignment.choose`).
_TAKING = (Kind.CLAIMED, Kind.ASSIGNED, Kind.TRANSFERRED, Kind.OPENED, Kind.REOPENED)

# The menu starts within this time after the message that opens the chat.
_MENU_BEGINS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of the ledger."""

    chat_id: int
    protocol: str
    id: int
    kind: str
    at: datetime
    area_id: int | None
    operator_id: int | None
    cause: str
    actor: str
    acting_operator_id: int | None
    schedule_id: int | None


@dataclass(slots=True)
class Piece:
    """A span in which a chat had one area and one operator, or none.

    `end` None: it is still running. `place` is its place in the queue.
    """

    begin: datetime
    end: datetime | None
    area_id: int | None
    operator_id: int | None
    is_in_menu: bool
    place: datetime
    # It started with an automatic assignment.
    is_by_rule: bool = False
    # It has been waiting since a release: its place is older.
    is_released: bool = False
    # A person released it; the previous operator, None if there was none.
    is_let_go: bool = False
    held_before: int | None = None
    # Nobody has held it since it was opened or reopened; and the operator before that.
    is_untouched: bool = False
    held_before_reopening: int | None = None

    @property
    def state(self) -> tuple[int | None, int | None, bool]:
        return self.area_id, self.operator_id, self.is_in_menu

    @property
    def seconds(self) -> float | None:
        return None if self.end is None else (self.end - self.begin).total_seconds()


def pieces_of(lines: Sequence[Recorded]) -> list[Piece]:
    """Returns the pieces of a chat in order; there are none while it is closed."""
    pieces: list[Piece] = []
    going: Piece | None = None
    holder: int | None = None
    before_reopening: int | None = None
    is_untouched = True
    for number, line in enumerate(lines):
        if line.kind == Kind.REOPENED:
            before_reopening, is_untouched = holder, True
        is_in_menu = _is_in_menu(lines, number, going)
        state = (line.area_id, line.operator_id, is_in_menu)
        if line.kind == Kind.CLOSED:
            if going is not None:
                going.end = line.at
            going = None
            continue
        is_untouched = is_untouched and line.operator_id is None
        if going is None or state != going.state:
            if going is not None:
                going.end = line.at
            going = Piece(
                line.at,
                None,
                line.area_id,
                line.operator_id,
                is_in_menu,
                place=line.at,
                is_by_rule=line.kind == Kind.ASSIGNED,
                held_before=holder,
                is_untouched=is_untouched,
                held_before_reopening=before_reopening,
            )
            pieces.append(going)
        _note(going, line)
        holder = line.operator_id or holder
    return pieces


def stays_in(
    pieces: Sequence[Piece], area_id: int, since: datetime, until: datetime
) -> list[list[Piece]]:
    """Returns the pieces of the period in the area, grouped into consecutive runs."""
    stays: list[list[Piece]] = []
    last: Piece | None = None
    for piece in pieces:
        is_here = piece.area_id == area_id and not piece.is_in_menu
        is_over = piece.end is not None and piece.end <= since
        if not is_here or is_over:
            continue
        if last is not None and last.end == piece.begin:
            stays[-1].append(piece)
        elif piece.begin < until:
            stays.append([piece])
        else:
            break
        last = piece
    return stays


def _is_in_menu(lines: Sequence[Recorded], number: int, going: Piece | None) -> bool:
    """Returns whether the customer is in the menu after that line.

    The menu starts a moment after the message that opens a chat.
    """
    line = lines[number]
    if line.operator_id is not None:
        return False
    following = lines[number + 1 : number + 2]
    begins = (
        line.kind in (Kind.OPENED, Kind.REOPENED)
        and bool(following)
        and following[0].kind == Kind.BOT_STEP
        and following[0].at - line.at < _MENU_BEGINS
    )
    if begins or line.kind == Kind.BOT_STEP:
        return True
    if line.kind in (Kind.BOT_ENDED, Kind.CLOSED):
        return False
    # A hand-over writes the area first, then the end of the menu.
    return going is not None and going.is_in_menu


def _note(piece: Piece, line: Recorded) -> None:
    """Stores what the latest line of a waiting piece says about its queue."""
    is_moved = line.kind == Kind.RELEASED and line.cause == ChatEvent.Cause.AREA
    if line.kind == Kind.RELEASED and not is_moved:
        piece.is_released = True
    if line.kind in (Kind.ENTERED_AREA, Kind.BOT_ENDED):
        piece.place, piece.is_released = line.at, False
    if line.kind in (Kind.RELEASED, Kind.ENTERED_AREA):
        piece.is_let_go = not line.actor.startswith("rule:")
    elif line.kind in _TAKING:
        piece.is_let_go = False
