"""Counts of the open chats by state and area, and the oldest of each queue."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.inbox.line import QUEUED_AT, STATE
from chats.inbox.scope import CONTACT_OF_CHAT, Scope
from contacts.models import public_id
from contacts.queries import AS_TIME

COUNTED = ("menu", "waiting", "serving", "answered")

_OPEN = f"""
SELECT {{state}} AS state, c.area_id, c.operator_id, c.id AS contact_id,
       {QUEUED_AT} AS queued_at
  FROM chats_chat h {CONTACT_OF_CHAT}
 WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s::bigint[])
   AND {{conditions}}
"""  # noqa: S608 - of constants

# Grouped by the area's id and joined afterwards: there are few areas and many chats.
_COUNTED = """
SELECT found.state, coalesce(a.code, ''), sum(found.chats)::bigint,
       sum(found.mine)::bigint
  FROM (SELECT o.state, o.area_id, count(*) AS chats,
               count(*) FILTER (WHERE o.operator_id = %(mine)s::bigint) AS mine
          FROM {open} o GROUP BY 1, 2) found
  LEFT JOIN areas_area a ON a.id = found.area_id
 GROUP BY 1, 2
"""
_COUNTS = _COUNTED.replace("{open}", f"({_OPEN})")

# So many chats of each area, that a client need not read again after each claim.
OLDEST = 20
_OLDEST = f"""
SELECT ARRAY[g.number::text, g.facebook_id, c.channel, c.external_id,
             coalesce(a.code, ''), {AS_TIME.format("o.queued_at")}]
  FROM (SELECT o.*, row_number() OVER (
                 PARTITION BY o.area_id ORDER BY o.queued_at, o.contact_id) AS place
          FROM open_chats o WHERE o.state = 'waiting') o
  JOIN contacts_contact c ON c.id = o.contact_id
  JOIN managers_manager g ON g.id = c.manager_id
  LEFT JOIN areas_area a ON a.id = o.area_id
 WHERE o.place <= {OLDEST}
"""  # noqa: S608 - of constants

# With more pending changes than this, the feed is too far behind to count from.
MOST_AHEAD = 5_000
# One statement, so that the counts, the number and the unnumbered changes are
# consistent. Who has waited longest is that of now: lines say who came and went.
_FEED_COUNTS = f"""
WITH open_chats AS MATERIALIZED ({_OPEN}),
now (state, code, chats, mine) AS ({_COUNTED.replace("{open}", "open_chats")}),
ahead (state, code, chats, mine) AS (
  SELECT c.state, coalesce(a.code, ''), sum(c.chats)::bigint,
         coalesce(sum(c.chats) FILTER (WHERE c.operator_id = %(mine)s::bigint), 0)::bigint
    FROM (SELECT l.*, NULL::timestamptz AS deleted_at
            FROM change_lines_ahead(%(ahead)s) l) c
    LEFT JOIN areas_area a ON a.id = c.area_id
   WHERE c.state <> 'closed' AND c.manager_id = ANY(%(managers)s::bigint[])
     AND {{conditions}}
   GROUP BY 1, 2
),
oldest (facts) AS ({_OLDEST})
SELECT n.number, c.*
  FROM (SELECT change_number(%(ahead)s) AS number) n
  LEFT JOIN LATERAL (
    SELECT now.*, NULL::text[] FROM now
    UNION ALL SELECT ahead.*, NULL FROM ahead WHERE n.number IS NOT NULL
    UNION ALL SELECT NULL, NULL, NULL, NULL, oldest.facts FROM oldest) c ON true
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


def feed_counts_of(scope: Scope) -> dict[str, Any]:
    """Returns `counts` as of the last change that the feed has numbered, its number `s`,
    and the `oldest` waiting chats of each area.

    Lines of the feed with a greater number are to be applied to them. The number is
    None while more than MOST_AHEAD changes are unnumbered; the counts are then the
    current ones.
    """
    counts = _empty()
    oldest = []
    number: int | None = None
    for number, *row, facts in _rows(_FEED_COUNTS, scope, ahead=MOST_AHEAD):  # noqa: B007
        if facts is not None:
            oldest.append(_waiting(*facts))
        elif row[0] is not None:
            _add(counts, *row)
    oldest.sort(key=lambda one: one["queuedAt"])
    return {"counts": counts, "s": number, "oldest": oldest}


def _waiting(
    number: str | None, page: str, channel: str, contact: str, area: str, at: str
) -> dict[str, Any]:
    return {
        "m": page if number is None else int(number),
        "id": public_id(channel, contact),
        "area": area,
        "queuedAt": at,
    }


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
