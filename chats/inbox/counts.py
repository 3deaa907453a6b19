"""Counts of the open chats by state and area, for the tabs of a console."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.inbox.line import STATE
from chats.inbox.scope import Scope

COUNTED = ("menu", "waiting", "serving", "answered")

# Counted by the area's id and joined afterwards: few areas, many chats.
_COUNTS = """
SELECT found.state, coalesce(a.code, ''), sum(found.chats)::bigint,
       sum(found.mine)::bigint
  FROM (SELECT {state} AS state, c.area_id, count(*) AS chats,
               count(*) FILTER (WHERE c.operator_id = %(mine)s::bigint) AS mine
          FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
         WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s::bigint[])
           AND {conditions}
         GROUP BY 1, 2) found
  LEFT JOIN areas_area a ON a.id = found.area_id
 GROUP BY 1, 2
"""


def counts_of(scope: Scope) -> dict[str, Any]:
    """Returns totals by state and by the areas' codes ("": none), and of `mine`.

    Of all open chats in the scope, whatever else a list filters by: the frames of the
    feed carry what is needed to keep these counts, and no more.
    """
    counts: dict[str, Any] = {
        name: {"total": 0, "areas": {}} for name in (*COUNTED, "mine")
    }
    values = scope.parameters()
    operator = scope.operator
    values["mine"] = None if operator is None else operator.operator_id
    statement = _COUNTS.format(state=STATE, conditions=scope.condition)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for state, code, chats, mine in cursor.fetchall():
            _add(counts[state], code, chats)
            if mine:
                _add(counts["mine"], code, mine)
    return counts


def _add(count: dict[str, Any], code: str, chats: int) -> None:
    count["total"] += chats
    count["areas"][code] = count["areas"].get(code, 0) + chats
