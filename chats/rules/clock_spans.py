"""Derives the clocks of a chat from its ledger and messages.

A clock measures a sample of the reports while it is still running: `queue` the time in
an area until an operator takes the chat, `first` and `reply` the time until the
customer gets an answer, `resolution` the time from opening to closing. It starts at the
time of its ledger line or message, regardless of when it is computed. Its target and
hours are those of the ledger line in effect at its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chats.models import ChatEvent, Clock

Kind = ChatEvent.Kind
Cause = ChatEvent.Cause

# The kinds of lines that determine clocks; `bot_step` means that it is in the menu.
LINE_KINDS = (
    Kind.OPENED,
    Kind.REOPENED,
    Kind.ENTERED_AREA,
    Kind.CLAIMED,
    Kind.ASSIGNED,
    Kind.TRANSFERRED,
    Kind.RELEASED,
    Kind.CLOSED,
    Kind.BOT_STEP,
    Kind.BOT_ENDED,
)
# Causes of closings that do not count as resolved.
NO_RESOLUTION = (Cause.DELETED, Cause.MERGED, Cause.ERASED, Cause.IMPORTED)
# Causes of an episode's first line if a person started it.
BY_PERSON = (Cause.OPERATOR, Cause.CALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger line, with the contact's area and operator afterwards."""

    kind: str
    at: datetime
    area_id: int | None = None
    operator_id: int | None = None
    cause: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The first message of a side after a message of another side.

    `who` wrote it: the customer, an operator, or somebody on the account's phone.
    """

    at: datetime
    who: Literal["customer", "operator", "phone"]


@dataclass(frozen=True, slots=True)
class Span:
    """The period of a clock and its version of the hours; no end: it is running."""

    kind: str
    started_at: datetime
    area_id: int | None
    schedule_id: int | None
    met_at: datetime | None = None
    void_at: datetime | None = None


def episodes_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Returns the lines of each episode, from opening or reopening to closing."""
    found: list[list[Line]] = []
    is_open = False
    for line in lines:
        if line.kind in (Kind.OPENED, Kind.REOPENED):
            found.append([])
            is_open = True
        if is_open:
            found[-1].append(line)
        is_open = is_open and line.kind != Kind.CLOSED
    return found


def spans_of(
    episode: Sequence[Line], turns: Sequence[Turn], *, has_areas: bool
) -> list[Span]:
    """Returns the clocks of an episode, including those without a target.

    `turns` are those of the whole chat. Returns an empty list until the bot or menu has
    ended.
    """
    closed = episode[-1] if episode[-1].kind == Kind.CLOSED else None
    lines = [line for line in episode if line is not closed]
    begin = _after_bot(lines, has_areas=has_areas)
    if begin is None:
        return []
    after = lines[begin:]
    until = None if closed is None else closed.at
    is_resolved = closed is not None and closed.cause not in NO_RESOLUTION
    resolution = Span(
        Clock.Kind.RESOLUTION,
        lines[0].at,
        after[0].area_id,
        after[0].schedule_id,
        met_at=until if is_resolved else None,
        void_at=None if is_resolved else until,
    )
    said = [
        turn
        for turn in turns
        if turn.at >= lines[0].at and (until is None or turn.at < until)
    ]
    return [
        resolution,
        *_queues(after, until),
        *_reply_spans(lines, begin, said, until),
    ]


def _after_bot(lines: Sequence[Line], *, has_areas: bool) -> int | None:
    """Returns the index of the first line after the bot or menu; None if not ended."""
    first = lines[0]
    held = next((n for n, line in enumerate(lines) if line.operator_id), len(lines))
    menu = next((n for n, line in enumerate(lines) if line.kind == Kind.BOT_STEP), held)
    if menu < held:
        ended = (Kind.BOT_ENDED, Kind.ENTERED_AREA)
        return next(
            (
                n
                for n, line in enumerate(lines)
                if n > menu and (line.kind in ended or n == held)
            ),
            None,
        )
    if (
        first.kind == Kind.REOPENED
        or first.cause == Cause.OPERATOR
        or first.operator_id is not None
    ):
        return 0
    rest = list(enumerate(lines))[1:]
    if first.area_id is not None:
        chosen = (Kind.BOT_ENDED, Kind.ENTERED_AREA)
        return next((n for n, line in rest if n < held and line.kind in chosen), 0)
    if not has_areas:
        return 0
    return next(
        (
            n
            for n, line in rest
            if line.kind == Kind.BOT_ENDED or line.area_id or line.operator_id
        ),
        None,
    )


def _queues(lines: Sequence[Line], until: datetime | None) -> Iterator[Span]:
    """Yields the waits in each area, until an operator took the chat or it left."""
    stays: list[list[Line]] = []
    for line in lines:
        if not stays or stays[-1][0].area_id != line.area_id:
            stays.append([])
        stays[-1].append(line)
    ends = [stay[0].at for stay in stays[1:]]
    for stay, end in zip(stays, [*ends, until], strict=True):
        first = stay[0]
        taken = next((line.at for line in stay if line.operator_id), None)
        if first.operator_id is None:
            yield Span(
                Clock.Kind.QUEUE,
                first.at,
                first.area_id,
                first.schedule_id,
                met_at=taken,
                void_at=end if taken is None else None,
            )


def _reply_spans(
    lines: Sequence[Line], begin: int, turns: Sequence[Turn], until: datetime | None
) -> Iterator[Span]:
    """Yields the times in which the customer waited for a message."""
    is_first = lines[0].cause not in BY_PERSON
    earliest = lines[begin].at
    since: datetime | None = None
    for turn in turns:
        if turn.who == "customer":
            since = since or max(turn.at, earliest)
            continue
        if since is not None and since <= turn.at:
            yield _reply_span(lines, since, is_first=is_first, met_at=turn.at)
        since = None
        is_first = is_first and turn.who != "operator"
    if since is not None and (until is None or since < until):
        yield _reply_span(lines, since, is_first=is_first, void_at=until)


def _reply_span(
    lines: Sequence[Line],
    since: datetime,
    *,
    is_first: bool,
    met_at: datetime | None = None,
    void_at: datetime | None = None,
) -> Span:
    # A line with the same time as the message counts as earlier.
    newest = [line for line in lines if line.at <= since][-1]
    kind = Clock.Kind.FIRST if is_first else Clock.Kind.REPLY
    return Span(kind, since, newest.area_id, newest.schedule_id, met_at, void_at)
