"""Reads areas and operators as the API returns them, with static SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from areas.presence import presence_fields

Shape = dict[str, Any]

# GET area/…: oldest first.
_AREAS = """
SELECT code, name FROM areas_area
 WHERE manager_id = %s AND retired_at IS NULL ORDER BY id
"""

# Whether an operator is connected right now and has not set that he is offline.
_IS_ONLINE = """EXISTS (SELECT FROM areas_presence p
               WHERE p.operator_id = o.id AND p.online_until > now())
       AND NOT EXISTS (SELECT FROM areas_availability v
                        WHERE v.operator_id = o.id AND v.state = 'offline')"""
_AREA_CODES = """ARRAY(SELECT a.code FROM areas_operatorarea s
               JOIN areas_area a ON a.id = s.area_id
              WHERE s.operator_id = o.id ORDER BY a.id)"""

# POST area/operator/…: the active ones who serve the area, oldest first.
_OPERATORS = f"""
SELECT o.id, o.name, o.email,
       {_AREA_CODES},
       {_IS_ONLINE}
  FROM areas_operator o
 WHERE o.is_active
   AND o.id IN (SELECT s.operator_id FROM areas_operatorarea s WHERE s.area_id = %s)
 ORDER BY o.id
"""  # noqa: S608 - constants only

# PUT operator/presence and POST operator/get: the active ones with their presence.
_PRESENT_OPERATORS = f"""
SELECT o.id, o.name, o.email, {_AREA_CODES}, w.state, w.reason, w.since, o.cap
  FROM areas_operator o
  JOIN presence_of(ARRAY(
         SELECT x.id FROM areas_operator x
          WHERE x.manager_id = %(manager)s AND x.is_active
            AND (%(operator)s::bigint IS NULL OR x.id = %(operator)s::bigint)
            AND (%(area)s::bigint IS NULL
                 OR x.id IN (SELECT s.operator_id FROM areas_operatorarea s
                              WHERE s.area_id = %(area)s::bigint))
       )) w ON w.operator_id = o.id
 ORDER BY o.id
"""  # noqa: S608 - constants only


def areas_of_manager(manager_id: int) -> list[Shape]:
    """Returns the areas of a manager that are in use, as the API shows them."""
    with connection.cursor() as cursor:
        cursor.execute(_AREAS, [manager_id])
        return [
            {"id": code, "idarea": code, "name": name}
            for code, name in cursor.fetchall()
        ]


def operators_of_area(area_id: int) -> list[Shape]:
    """Returns the active operators of an area as the API shows them."""
    with connection.cursor() as cursor:
        cursor.execute(_OPERATORS, [area_id])
        return [
            {
                "id": str(operator_id),
                "name": name,
                "email": email,
                "areas": codes,
                "online": online,
            }
            for operator_id, name, email, codes, online in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class PresentOperator:
    """An operator with his presence, as the API shows him, and his own cap."""

    id: int
    shape: Shape
    cap: int | None


def present_operators(
    manager_id: int, *, area_id: int | None = None, operator_id: int | None = None
) -> list[PresentOperator]:
    """Returns the active operators of a manager or of one of its areas, or only one."""
    values = {"manager": manager_id, "area": area_id, "operator": operator_id}
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT_OPERATORS, values)
        return [
            PresentOperator(
                found_id,
                {
                    "id": str(found_id),
                    "name": name,
                    "email": email,
                    "areas": codes,
                    "online": state != "offline",
                    **presence_fields(state, reason, since),
                },
                cap,
            )
            for found_id, name, email, codes, state, reason, since, cap in cursor
        ]
