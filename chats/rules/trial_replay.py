"""Replays a recorded past with an assignment rule, in memory.

Chats arrive, are claimed, leave and are held as recorded; the rule decides who gets
them. Operators are present as recorded, and hold their recorded chats in other areas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from areas.models import Assignment
from chats.rules.candidates import Candidate, explain_choice, in_order, prefer
from chats.rules.trial_past import Chat, Past, usual_seconds
from chats.rules.trial_pieces import Piece
from hci_center.times import as_time

# A recorded assignment within this time after the rule's one counts as the same: the
# real one takes a moment.
PROMPT = timedelta(seconds=1)
# The maximum number of explanations in a response.
SAMPLE = 20

# The order of events at the same time.
_ENDS, _BEGINS, _ENTERS, _TAKES = range(4)


@dataclass(frozen=True, slots=True)
class TriedRule:
    """The tried settings; durations in seconds, cap 0 means no limit."""

    assign: str
    cap: int
    last_operator: int


@dataclass(slots=True)
class Waiting:
    """A chat waiting in the queue; `number` is the index of its piece in the stay."""

    chat: Chat
    stay: list[Piece]
    number: int
    since: datetime
    is_over: bool = False

    @property
    def piece(self) -> Piece:
        return self.stay[self.number]

    @property
    def order(self) -> tuple[datetime, int]:
        shift = self.since - self.piece.begin
        return self.piece.place + shift, self.chat.id


@dataclass(slots=True)
class Outcome:
    """The result of a trial: assignments, maximum load per operator, wait times."""

    assigned: Counter[int] = field(default_factory=Counter)
    most: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)


class Replay:
    """One run of a rule; `run` replays the past and returns the outcome."""

    def __init__(self, past: Past, rule: TriedRule) -> None:
        self._past, self._rule = past, rule
        self.outcome = Outcome()
        self._events: list[tuple[datetime, int, int, Callable[[datetime], None]]] = []
        self._waiting: dict[int, Waiting] = {}
        self._load: Counter[int] = Counter()
        self._states = dict.fromkeys(past.operators, "offline")
        self._given = dict(past.given)
        self._openings, self._number = 0, 0
        # The operator who got a chat in the replay, by the recorded one.
        self._instead: dict[tuple[int, int], int] = {}
        self._usual = usual_seconds(past)

    def run(self) -> Outcome:
        self._prepare()
        until = self._past.until
        while self._events and self._events[0][0] < until:
            at, _order, _number, act = heappop(self._events)
            act(at)
            # Events at the same time are one change.
            if not self._events or self._events[0][0] > at:
                self._assign(at)
        return self.outcome

    def _prepare(self) -> None:
        past = self._past
        for opens, closes in past.openings:
            self._plan(opens, _BEGINS, lambda _at: self._open(1))
            self._plan(closes, _ENDS, lambda _at: self._open(-1))
        for who, state, begin, end in past.presence:
            self._plan(begin, _BEGINS, self._state(who, state))
            if end is not None:
                self._plan(end, _ENDS, self._state(who, "offline"))
        for who, begin, end in past.elsewhere:
            self._plan(begin, _BEGINS, self._held(who, 1))
            if end is not None:
                self._plan(end, _ENDS, self._held(who, -1))
        for who, at in past.given_elsewhere:
            self._plan(at, _BEGINS, self._gave(who))
        for chat in past.chats:
            for stay in chat.stays:
                begin = max(stay[0].begin, past.since)
                self._plan(begin, _ENTERS, self._start_next_piece(chat, stay, 0))

    def _plan(self, at: datetime, order: int, act: Callable[[datetime], None]) -> None:
        self._number += 1
        heappush(self._events, (max(at, self._past.since), order, self._number, act))

    # What happens

    def _open(self, by: int) -> None:
        self._openings += by

    def _state(self, who: int, state: str) -> Callable[[datetime], None]:
        def act(_at: datetime) -> None:
            if who in self._states:
                self._states[who] = state

        return act

    def _held(self, who: int, by: int) -> Callable[[datetime], None]:
        def act(_at: datetime) -> None:
            self._hold(who, by)

        return act

    def _hold(self, who: int, by: int) -> None:
        self._load[who] += by
        self.outcome.most[who] = max(self.outcome.most[who], self._load[who])

    def _gave(self, who: int) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            self._given[who] = (at, self._given.get(who, (None, None))[1])

        return act

    def _start_next_piece(
        self, chat: Chat, stay: list[Piece], number: int
    ) -> Callable[[datetime], None]:
        """Starts the next piece of a stay, if there is one."""

        def act(at: datetime) -> None:
            # It may still be waiting when it was reopened.
            if number >= len(stay) or chat.id in self._waiting:
                return
            piece = stay[number]
            # Pieces that had started before the period count from their recorded start.
            begin = piece.begin if at == self._past.since and not number else at
            if piece.operator_id is not None:
                self._take(chat, stay, number, piece.operator_id, at, begin)
            else:
                self._wait(Waiting(chat, stay, number, begin))

        return act

    def _wait(self, waiting: Waiting) -> None:
        self._waiting[waiting.chat.id] = waiting
        piece = waiting.piece
        following = waiting.stay[waiting.number + 1 : waiting.number + 2]
        if piece.end is None or (following and following[0].is_by_rule):
            return
        end = waiting.since + (piece.end - piece.begin)

        def leave(at: datetime) -> None:
            """A person takes the chat, or it leaves the area, as recorded."""
            if waiting.is_over:
                return
            self._stop_waiting(waiting, at if following else None)
            self._start_next_piece(waiting.chat, waiting.stay, waiting.number + 1)(at)

        self._plan(end, _TAKES, leave)

    def _stop_waiting(self, waiting: Waiting, taken_at: datetime | None) -> None:
        waiting.is_over = True
        del self._waiting[waiting.chat.id]
        if taken_at is not None:
            seconds = (taken_at - waiting.since).total_seconds()
            self.outcome.waits.append(seconds)

    def _take(
        self,
        chat: Chat,
        stay: list[Piece],
        number: int,
        who: int,
        at: datetime,
        begin: datetime,
    ) -> None:
        """Lets an operator hold the chat for as long as recorded."""
        piece = stay[number] if number < len(stay) else None
        seconds: float | None = self._usual
        if piece is not None:
            seconds = piece.seconds
            if piece.operator_id is not None:
                self._instead[chat.id, piece.operator_id] = who
        self._hold(who, 1)
        if seconds is None:
            return
        end = max(at, begin + timedelta(seconds=seconds))
        self._plan(end, _ENDS, self._held(who, -1))
        self._plan(end, _ENTERS, self._start_next_piece(chat, stay, number + 1))

    # The rule

    def _assign(self, at: datetime) -> None:
        """Assigns the longest waiting chats while somebody is free."""
        is_on = self._rule.assign != Assignment.OFF or self._rule.last_operator
        if not self._openings or not is_on:
            return
        while self._waiting:
            if not any(self._give(waiting, at) for waiting in self._tries(at)):
                return

    def _tries(self, at: datetime) -> list[Waiting]:
        waiting = self._waiting.values()
        if self._rule.assign != Assignment.OFF:
            # If nobody is free for the first, nobody is for the others.
            return [min(waiting, key=lambda one: one.order)]
        # Without a rule, each has its own last operator.
        found = [one for one in waiting if self._last_operator(one, at) is not None]
        return sorted(found, key=lambda one: one.order)

    def _give(self, waiting: Waiting, at: datetime) -> bool:
        assign = self._rule.assign
        rule, candidates = prefer(
            in_order(self._candidates(), assign),
            assign,
            self._last_operator(waiting, at),
            lambda: self._released_by(waiting),
        )
        chosen = next((one for one in candidates if one.passed is None), None)
        if chosen is None:
            return False
        who = chosen.operator_id
        taken_at = self._taken_at(waiting, who, at)
        self._stop_waiting(waiting, taken_at)
        self._take(waiting.chat, waiting.stay, waiting.number + 1, who, at, taken_at)
        self._given[who] = (taken_at, taken_at)
        self.outcome.assigned[who] += 1
        if len(self.outcome.sample) < SAMPLE:
            self._explain(waiting, rule, candidates, who, taken_at)
        return True

    def _taken_at(self, waiting: Waiting, who: int, at: datetime) -> datetime:
        following = waiting.stay[waiting.number + 1 : waiting.number + 2]
        if not following or not following[0].is_by_rule:
            return at
        recorded = following[0].begin + (waiting.since - waiting.piece.begin)
        is_same = following[0].operator_id == who
        return recorded if is_same and timedelta(0) <= recorded - at < PROMPT else at

    def _candidates(self) -> list[Candidate]:
        is_here = self._rule.assign == Assignment.ROTATION
        found = []
        for who, cap in self._past.operators.items():
            given = self._given.get(who, (None, None))[is_here]
            own = self._rule.cap if cap is None else cap
            candidate = Candidate(who, own, self._load[who], given)
            candidate.evaluate(self._states[who])
            found.append(candidate)
        return found

    def _last_operator(self, waiting: Waiting, at: datetime) -> int | None:
        piece, chat = waiting.piece, waiting.chat
        if not self._rule.last_operator or not piece.is_untouched:
            return None
        if piece.held_before_reopening is not None:
            key = (chat.id, piece.held_before_reopening)
            return self._instead.get(key, piece.held_before_reopening)
        if chat.before is None:
            return None
        before_id, closed_at, who = chat.before
        if at - closed_at > timedelta(seconds=self._rule.last_operator):
            return None
        return self._instead.get((before_id, who), who)

    def _released_by(self, waiting: Waiting) -> int | None:
        who = waiting.piece.held_before
        if not waiting.piece.is_let_go or who is None:
            return None
        return self._instead.get((waiting.chat.id, who), who)

    def _explain(
        self,
        waiting: Waiting,
        rule: str,
        candidates: list[Candidate],
        who: int,
        at: datetime,
    ) -> None:
        explain_choice(candidates, who, rule)
        self.outcome.sample.append(
            {
                "at": as_time(at),
                "protocol": waiting.chat.protocol,
                "rule": rule,
                "trigger": "queue",
                "operatorId": str(who),
                "candidates": [one.as_json() for one in candidates],
            }
        )
