"""Counts of the open chats by state and area, for the tabs of a console."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.inbox.line import STATE
from chats.inbox.scope import CONTACT_OF_CHAT, Scope

COUNTED = ("menu", "waiting", "serving", "answered")

# Grouped by the area's id and joined afterwards: there are few areas and many chats.
_COUNTS = f"""
SELECT found.state, coalesce(a.code, ''), sum(found.chats)::bigint,
       sum(found.mine)::bigint
  FROM (SELECT {{state}} AS state, c.area_id, count(*) AS chats,
               count(*) FILTER (WHERE c.operator_id = %(mine)s::bigint) AS mine
          FROM chats_chat h {CONTACT_OF_CHAT}
         WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s::bigint[])
           AND {{conditions}}
         GROUP BY 1, 2) found
  LEFT JOIN areas_area a ON a.id = found.area_id
 GROUP BY 1, 2
"""  # noqa: S608 - of constants

# With more pending changes than this, the feed is too far behind to count from.
MOST_AHEAD = 5_000
# One statement, so that the counts, the number and the unnumbered changes are
# consistent.
_FEED_COUNTS = f"""
WITH now (state, code, chats, mine) AS ({_COUNTS}),
ahead (state, code, chats, mine) AS (
  SELECT c.state, coalesce(a.code, ''), sum(c.chats)::bigint,
         coalesce(sum(c.chats) FILTER (WHERE c.operator_id = %(mine)s::bigint), 0)::bigint
    FROM (SELECT l.*, NULL::timestamptz AS deleted_at
            FROM change_lines_ahead(%(ahead)s) l) c
    LEFT JOIN areas_area a ON a.id = c.area_id
   WHERE c.state <> 'closed' AND c.manager_id = ANY(%(managers)s::bigint[])
     AND {{conditions}}
   GROUP BY 1, 2
)
SELECT n.number, c.* FROM (SELECT change_number(%(ahead)s) AS number) n
  LEFT JOIN LATERAL (
    SELECT * FROM now UNION ALL SELECT * FROM ahead WHERE n.number IS NOT NULL) c ON true
"""  # noqa: S608 - of constants


def counts_of(scope: Scope) -> dict[str, Any]:
    """Returns totals by state and by the areas' codes ("": none), and of `mine`.

    They cover all open chats in the scope, without the list's other filters: the frames
    of the feed only contain what is needed to maintain these counts.
    """
    counts = _empty()
    for row in _rows(_COUNTS, scope):
        _add(counts, *row)
    return counts


def feed_counts_of(scope: Scope) -> tuple[dict[str, Any], int | None]:
    """Returns the counts as of the last change that the feed has numbered, and its number.

    Lines of the feed with a greater number are to be applied to them. The number is
    None while more than MOST_AHEAD changes are unnumbered; the counts are then the
    current ones.
    """
    counts = _empty()
    number: int | None = None
    for number, *row in _rows(_FEED_COUNTS, scope, ahead=MOST_AHEAD):  # noqa: B007
        if row[0] is not None:
            _add(counts, *row)
    return counts, number


def _rows(statement: str, scope: Scope, **values: int) -> list[Any]:
    operator = scope.operator
    mine = None if operator is None else operator.operator_id
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(state=STATE, conditions=scope.condition),
            scope.parameters() | values | {"mine": mine},
        )
        rows: list[Any] = cursor.fetchall()
    return rows


def _empty() -> dict[str, Any]:
    return {name: {"total": 0, "areas": {}} for name in (*COUNTED, "mine")}


def _add(counts: dict[str, Any], state: str, code: str, chats: int, mine: int) -> None:
    for name, number in ((state, chats), ("mine", mine)):
        count = counts[name]
        areas = count["areas"]
        count["total"] += number
        areas[code] = areas.get(code, 0) + number
        if not areas[code]:
            del areas[code]
