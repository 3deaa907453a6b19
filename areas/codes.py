"""Finds areas by code; the code of a retired area refers to its successor."""

from __future__ import annotations

from django.db.models.functions import Coalesce

from areas.models import Area


def area_of_code(manager_id: int, code: str) -> Area | None:
    """Returns the manager's area in use of that code; None for an unknown one."""
    found = Area.objects.filter(manager=manager_id, code=code)
    area = found.select_related("successor").first()
    return area if area is None else area.successor or area


def areas_by_code(manager_id: int) -> dict[str, int]:
    """Returns the ids of the manager's areas in use, by every code that means them."""
    areas = Area.objects.filter(manager=manager_id)
    return dict(areas.values_list("code", Coalesce("successor", "pk")))
