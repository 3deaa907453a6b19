"""The candidates for an assignment, in the order of the rule, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from areas.models import Assignment
from areas.rules.policies import PolicySettings
from hci_center.times import as_time

# Rule `last`: back to the operator of the contact's previous chat.
LAST = "last"

Passed = Literal[
    "offline", "paused", "at_cap", "busier", "given_later", "not_last", "let_go"
]

# Operators of the area: presence, number of chats in all areas, and when they were last
# assigned a contact automatically, in any area and in this one.
_CANDIDATES = """
SELECT o.id, coalesce(o.cap, %(cap)s),
       EXISTS (SELECT FROM areas_presence p
                WHERE p.operator_id = o.id AND p.online_until > now()),
       coalesce((SELECT v.state FROM areas_availability v WHERE v.operator_id = o.id),
                'online'),
       (SELECT count(*) FROM contacts_contact k
          JOIN chats_chat h ON h.contact_id = k.id AND h.closed_at IS NULL
         WHERE k.operator_id = o.id AND k.deleted_at IS NULL),
       (SELECT max(l.at) FROM areas_lastassignment l WHERE l.operator_id = o.id),
       (SELECT l.at FROM areas_lastassignment l
         WHERE l.operator_id = o.id AND l.area_id = %(area)s)
  FROM areas_operator o
  JOIN areas_operatorarea s ON s.operator_id = o.id AND s.area_id = %(area)s
 WHERE o.is_active
 ORDER BY o.id
"""


@dataclass(slots=True)
class Candidate:
    """An operator of the area; `passed` is the reason why he is not chosen, or None.

    `given_at` is when he was last assigned a contact automatically, None if never.
    `cap` 0 means no limit. `has_let_go`: the contact was released or moved from him.
    """

    operator_id: int
    cap: int
    load: int
    given_at: datetime | None
    passed: Passed | None = None
    has_let_go: bool = False

    def evaluate(self, state: str) -> None:
        """Sets the reason why he may not get a contact; `state` is his presence."""
        self.passed = None
        if state == "offline":
            self.passed = "offline"
        elif state == "paused":
            self.passed = "paused"
        elif self.cap and self.load >= self.cap:
            self.passed = "at_cap"

    def as_json(self) -> dict[str, Any]:
        return {
            "operatorId": str(self.operator_id),
            "load": self.load,
            "cap": self.cap,
            "givenAt": None if self.given_at is None else as_time(self.given_at),
            "passed": self.passed,
        }


def candidates_of(area_id: int, policy: PolicySettings, rule: str) -> list[Candidate]:
    """Returns the area's operators: eligible ones first, in the order of the rule.

    The first one without `passed` is the choice of the rule; the other eligible ones
    are marked by `explain_choice`.
    """
    values = {"area": area_id, "cap": policy.cap}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, values)
        rows = cursor.fetchall()
    found: list[Candidate] = []
    for operator_id, cap, is_connected, state, load, given, given_here in rows:
        at = given_here if rule == Assignment.ROTATION else given
        candidate = Candidate(operator_id, cap, load, at)
        candidate.evaluate(state if is_connected else "offline")
        found.append(candidate)
    return in_order(found, rule)


def in_order(found: list[Candidate], rule: str) -> list[Candidate]:
    """Returns the eligible candidates in the rule's order, then the others."""
    fit = [one for one in found if not one.passed]
    fit.sort(key=lambda one: _order(one, rule))
    return [*fit, *(one for one in found if one.passed)]


def prefer(
    found: list[Candidate],
    rule: str,
    last: int | None,
    let_go: Callable[[], int | None],
) -> tuple[str, list[Candidate]]:
    """Moves the contact's last operator to the front, and one who released it back.

    `last` is None if `lastOperator` does not apply. Returns the deciding rule and the
    candidates in order, empty if nobody is eligible.
    """
    first = [one for one in found if one.operator_id == last and not one.passed]
    if first:
        return LAST, [*first, *_others(found, first[0])]
    if rule == Assignment.OFF:
        return rule, []
    who = let_go()
    back = [one for one in found if one.operator_id == who and not one.passed]
    if back:
        back[0].has_let_go = True
        others = _others(found, back[0])
        fit = [one for one in others if not one.passed]
        found = [*fit, *back, *(one for one in others if one.passed)]
    return rule, found


def explain_choice(found: list[Candidate], chosen: int | None, rule: str) -> None:
    """Marks the other eligible candidates with why the chosen one came first."""
    first = next((one for one in found if one.operator_id == chosen), None)
    for one in found:
        if one.passed is None and one is not first:
            one.passed = _reason(one, first, rule)


def _reason(one: Candidate, first: Candidate | None, rule: str) -> Passed:
    """Returns why an eligible candidate came after the first one."""
    if rule == LAST:
        return "not_last"
    if one.has_let_go:
        return "let_go"
    is_busier = first is not None and one.load > first.load
    return "busier" if rule == Assignment.FEWEST and is_busier else "given_later"


def _order(one: Candidate, rule: str) -> tuple[Any, ...]:
    """Sort key: never assigned first, then longest ago, then the lower id."""
    given = (one.given_at is not None, one.given_at or 0, one.operator_id)
    return (one.load, *given) if rule == Assignment.FEWEST else given


def _others(found: list[Candidate], one: Candidate) -> list[Candidate]:
    return [other for other in found if other is not one]
