"""The settings of the rules that apply to a manager or one of its areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Q

from areas.models import Assignment, Policy
from areas.rules.hours import Hours

# The default question of the survey, in Portuguese: customers are Brazilian.
SURVEY_TEXT = "De 1 a 5, que nota você dá a este atendimento?"


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The settings in force; the defaults apply where nothing is set.

    Durations are seconds; 0 is never or no limit. A text "" is not sent.
    """

    hours: Hours = "always"
    holidays: bool = True
    away_text: str = ""
    away_area_id: int | None = None
    # Only for managers.
    entry_area_id: int | None = None
    assign: str = Assignment.OFF.value
    cap: int = 0
    last_operator: int = 0
    release_offline: int = 0
    sla_queue: int = 0
    sla_first: int = 0
    sla_reply: int = 0
    sla_resolution: int = 0
    closing_text: str = ""
    closing_reason_required: bool = False
    transfer_reason_required: bool = False
    idle_warn: int = 0
    idle_warn_text: str = ""
    idle_close: int = 0
    idle_text: str = ""
    reopen: int = 0
    survey: bool = False
    survey_text: str = SURVEY_TEXT
    survey_days: int = 7
    comment_up_to: int = 3


KEYS = tuple(each.name for each in fields(PolicySettings))
_COLUMNS = ("area_id", "no_away_area", *KEYS)

Row = Mapping[str, Any]


def policy_for(manager_id: int, area_id: int | None) -> PolicySettings:
    """Returns the settings of an area, or those of the manager if it is None."""
    rows = {
        row["area_id"]: row
        for row in Policy.objects.filter(
            Q(area=None) | Q(area=area_id), manager=manager_id
        ).values(*_COLUMNS)
    }
    return merge([rows.get(None), rows.get(area_id)])


def policies_of(
    manager_id: int, area_ids: Iterable[int]
) -> dict[int | None, PolicySettings]:
    """Returns the settings of the manager (None) and of each of these areas."""
    rows = stored_policies(manager_id)
    own = rows.get(None)
    found: dict[int | None, PolicySettings] = {None: merge([own])}
    for area_id in area_ids:
        found[area_id] = merge([own, rows.get(area_id)])
    return found


def stored_policies(manager_id: int) -> dict[int | None, Row]:
    """Returns the settings of the manager (None) and of each area; None inherits."""
    rows = Policy.objects.filter(manager=manager_id).values(*_COLUMNS)
    return {row["area_id"]: row for row in rows}


def merge(rows: Iterable[Row | None]) -> PolicySettings:
    """Returns the defaults, overridden by each row in order."""
    found: dict[str, Any] = {}
    for row in rows:
        if row is None:
            continue
        found.update({key: row[key] for key in KEYS if row[key] is not None})
        if row["no_away_area"]:
            found["away_area_id"] = None
    return PolicySettings(**found)
