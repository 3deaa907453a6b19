"""Simulates an assignment rule on the past of an area, without storing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from areas.rules.policies import policy_for
from chats.rules.trial_past import Past, read_past, recorded_waits
from chats.rules.trial_replay import Outcome, Replay, TriedRule
from hci_center.errors import InvalidError

# The default and the longest period of a trial.
USUAL, LONGEST = timedelta(days=7), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class AssignmentTrial:
    """The tried settings; None uses those in force, or the last seven days."""

    assign: str | None = None
    cap: int | None = None
    last_operator: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def try_assignment(
    manager_id: int, area_id: int, trial: AssignmentTrial
) -> dict[str, Any]:
    """Returns who would have got the chats of the period, and their wait times.

    Raises InvalidError for a period that is too long or has too many events.
    """
    since, until = _period(trial)
    policy = policy_for(manager_id, area_id)
    rule = TriedRule(
        assign=policy.assign if trial.assign is None else trial.assign,
        cap=policy.cap if trial.cap is None else trial.cap,
        last_operator=(
            policy.last_operator if trial.last_operator is None else trial.last_operator
        ),
    )
    past = read_past(manager_id, area_id, since, until)
    return _answer(past, Replay(past, rule).run())


def _period(trial: AssignmentTrial) -> tuple[datetime, datetime]:
    now = timezone.now()
    until = min(trial.until or now, now)
    since = trial.since or until - USUAL
    if since >= until:
        raise InvalidError({"from": [_("This must be before the end of the period.")]})
    if until - since > LONGEST:
        sentence = _("A period has at most %d days.") % LONGEST.days
        raise InvalidError({"from": [sentence]})
    return since, until


def _answer(past: Past, outcome: Outcome) -> dict[str, Any]:
    return {
        "chats": sum(
            any(piece.operator_id is None for stay in chat.stays for piece in stay)
            for chat in past.chats
        ),
        "assigned": outcome.assigned.total(),
        "byOperator": [
            {
                "operatorId": str(who),
                "chats": outcome.assigned[who],
                "most": outcome.most[who],
            }
            for who in past.operators
        ],
        "wait": _figures(outcome.waits),
        "was": _figures(recorded_waits(past)),
        "presence": "recorded" if past.is_presence_recorded else "assumed",
        "sample": outcome.sample,
    }


def _figures(waits: Sequence[float]) -> dict[str, Any]:
    """Returns figures in whole seconds; percentiles are by nearest rank."""
    seconds = sorted(max(0, int(wait)) for wait in waits)
    count = len(seconds)
    if not count:
        return {"n": 0, "mean": None, "median": None, "p90": None}
    return {
        "n": count,
        # Half up.
        "mean": (2 * sum(seconds) + count) // (2 * count),
        "median": seconds[-(-count // 2) - 1],
        "p90": seconds[-(-count * 9 // 10) - 1],
    }
