"""Returns whether an area is open, and until when, in the API's format."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from areas.rules.holidays import holiday_name
from areas.rules.policies import policy_for
from areas.rules.schedules import timetable_of
from hci_center.times import as_time


def opening_state(
    manager_id: int, area_id: int | None, at: datetime, add: int | None = None
) -> dict[str, Any]:
    """Returns the state of an area (None: the manager's own hours) at that time.

    `dueAt` is the time at which `add` open seconds have passed.
    """
    timetable = timetable_of(manager_id, area_id)
    is_open = timetable.is_open(at)
    change = timetable.next_change(at)
    holiday = None
    if policy_for(manager_id, area_id).holidays:
        day = at.astimezone(timetable.zone).date()
        holiday = holiday_name(manager_id, area_id, day)
    return {
        "open": is_open,
        "opensAt": None if is_open else _format(change),
        "closesAt": _format(change) if is_open else None,
        "holiday": holiday,
        "timeZone": timetable.zone.key,
        "dueAt": None if add is None else _format(timetable.due(at, add)),
    }


def _format(moment: datetime | None) -> str | None:
    return None if moment is None else as_time(moment)
