"""Reads the rules in force for an area, with one statement.

The statement runs each time, so nothing is stale; parsed values are cached by their
text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection

from areas.models import Menu
from areas.rules.menu_body import MenuBody, menu_of
from areas.rules.policies import PolicySettings, merge
from areas.rules.schedules import Timetable, parse_timetable

_IN_FORCE = """
SELECT coalesce(s.zone, m.time_zone), s.hours::text, s.holidays::text,
       (SELECT json_agg(p ORDER BY p.area_id NULLS FIRST)::text FROM areas_policy p
         WHERE p.manager_id = m.id AND (p.area_id IS NULL OR p.area_id = a.id)),
       n.id, n.published_at
  FROM managers_manager m
  LEFT JOIN areas_area a ON a.id = %(area)s AND a.manager_id = m.id
  LEFT JOIN areas_schedule s ON s.id = coalesce(a.schedule_id, m.schedule_id)
  LEFT JOIN LATERAL (SELECT x.id, x.published_at FROM areas_menu x
                      WHERE x.manager_id = m.id ORDER BY x.version DESC LIMIT 1) n
    ON true
 WHERE m.id = %(manager)s
"""


@dataclass(frozen=True, slots=True)
class MenuVersion:
    """A version of a menu; `body` is None if the menu was removed."""

    id: int
    body: MenuBody | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The settings and hours of an area, or of a manager, and the manager's menu."""

    policy: PolicySettings
    timetable: Timetable
    menu: MenuVersion | None


def in_force(manager_id: int, area_id: int | None) -> InForce:
    """Returns the rules in force for the area, or for the manager if it is None."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"area": area_id, "manager": manager_id})
        zone, hours, holidays, policies, menu_id, published_at = cursor.fetchone()
    menu = None if menu_id is None else menu_version(menu_id, published_at)
    return InForce(_policy(policies), parse_timetable(zone, hours, holidays), menu)


@lru_cache(maxsize=256)
def menu_version(menu_id: int, published_at: datetime) -> MenuVersion:
    """Returns a version, cached by both: a restored database may reuse the id."""
    body = Menu.objects.values_list("body", flat=True).get(pk=menu_id)
    return MenuVersion(menu_id, None if body is None else menu_of(body))


@lru_cache(maxsize=1024)
def _policy(rows: str | None) -> PolicySettings:
    return merge(json.loads(rows or "[]"))
