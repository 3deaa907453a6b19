"""The number of open chats of operators, with data of automatic assignment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max

from areas.models import LastAssignment, OperatorArea
from areas.presence import ONLINE, PAUSED
from areas.queries import Shape, present_operators
from areas.rules.policies import policy_for
from hci_center.times import as_time

# For these operators; those without chats are omitted.
_LOADS = """
SELECT c.operator_id, count(*)
  FROM contacts_contact c
  JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
 WHERE c.operator_id = ANY (%s)
 GROUP BY c.operator_id
"""


def loads_of(operator_ids: list[int]) -> dict[int, int]:
    """Returns the number of open chats of each operator, in all areas."""
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [operator_ids])
        found = dict(cursor.fetchall())
    return {operator_id: found.get(operator_id, 0) for operator_id in operator_ids}


def operators_with_load(manager_id: int, area_id: int | None) -> list[Shape]:
    """Returns the active operators of a manager, or of an area, for POST operator/get.

    `cap` is his own, else that of the area or the manager; 0 is no limit. `givenAt` is
    when he was last assigned a contact automatically (of that area).
    """
    operators = present_operators(manager_id, area_id=area_id)
    ids = [operator.id for operator in operators]
    loads = loads_of(ids)
    given = _last_assignments(ids, area_id)
    common = policy_for(manager_id, area_id).cap
    return [
        {
            **operator.shape,
            "load": loads[operator.id],
            "cap": common if operator.cap is None else operator.cap,
            "givenAt": as_time(given[operator.id]) if operator.id in given else None,
        }
        for operator in operators
    ]


def _last_assignments(operator_ids: list[int], area_id: int | None) -> dict[int, Any]:
    rows = LastAssignment.objects.filter(operator__in=operator_ids)
    if area_id is not None:
        rows = rows.filter(area=area_id)
    return dict(rows.values_list("operator").annotate(Max("at")))


@dataclass(frozen=True, slots=True)
class Colleague:
    """An active operator: his presence, his number of open chats, his areas."""

    id: int
    name: str
    state: str
    load: int
    area_ids: frozenset[int]


def colleagues_of(manager_id: int) -> list[Colleague]:
    """Returns the manager's active operators; online ones first, the least busy first."""
    operators = present_operators(manager_id)
    loads = loads_of([operator.id for operator in operators])
    served: dict[int, set[int]] = defaultdict(set)
    for operator_id, area_id in OperatorArea.objects.filter(
        operator__in=loads
    ).values_list("operator", "area"):
        served[operator_id].add(area_id)
    found = [
        Colleague(
            operator.id,
            operator.shape["name"],
            operator.shape["presence"],
            loads[operator.id],
            frozenset(served[operator.id]),
        )
        for operator in operators
    ]
    order = {ONLINE: 0, PAUSED: 1}
    return sorted(found, key=lambda one: (order.get(one.state, 2), one.load, one.name))
