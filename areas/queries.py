"""Reads areas and operators as the API returns them, with static SQL."""

from __future__ import annotations

from typing import Any

from django.db import connection

Shape = dict[str, Any]

# GET area/…: oldest first.
_AREAS = "SELECT code, name FROM areas_area WHERE manager_id = %s ORDER BY id"

# Whether an operator is connected right now.
_IS_ONLINE = """EXISTS (SELECT FROM areas_presence p
               WHERE p.operator_id = o.id AND p.online_until > now())"""

# POST area/operator/…: the active ones who serve the area, oldest first.
_OPERATORS = f"""
SELECT o.id, o.name, o.email,
       ARRAY(SELECT a.code FROM areas_operatorarea s
               JOIN areas_area a ON a.id = s.area_id
              WHERE s.operator_id = o.id ORDER BY a.id),
       {_IS_ONLINE}
  FROM areas_operator o
 WHERE o.is_active
   AND o.id IN (SELECT s.operator_id FROM areas_operatorarea s WHERE s.area_id = %s)
 ORDER BY o.id
"""  # noqa: S608 - constants only


def areas_of_manager(manager_id: int) -> list[Shape]:
    """Returns all areas of a manager as the API shows them."""
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
