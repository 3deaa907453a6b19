"""Normalizes the codes and names of existing areas.

A text is not changed if another area of the manager has the normalized text as code or
name, or if it would become empty or too long: that area is still found by its own
spelling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import migrations

from areas.naming import normalize_area_text

# A dependency on the feed's migrations would invert the order of applied migrations.
_HAS_FEED = "SELECT to_regprocedure('change_bulk_load()') IS NOT NULL"
_LONGEST = {"code": 64, "name": 200}


def normalized(areas: Iterable[dict[str, Any]]) -> dict[int, dict[str, str]]:
    """Returns the changes, by area id, of the areas of one manager."""
    areas = [dict(area) for area in areas]
    bearers: Counter[str] = Counter()
    for area in areas:
        bearers.update({area["code"], area["name"]})
    changes: dict[int, dict[str, str]] = {}
    for area in areas:
        for field, longest in _LONGEST.items():
            text = normalize_area_text(area[field])
            if text == area[field] or not 0 < len(text) <= longest:
                continue
            own = {area["code"], area["name"]}
            if bearers[text] > (text in own):
                continue
            bearers.subtract(own)
            area[field] = text
            bearers.update({area["code"], area["name"]})
            changes.setdefault(area["id"], {})[field] = text
    return changes


def normalize_areas(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("areas", "Area").objects.using(schema_editor.connection.alias)
    of_manager: dict[int, list[dict[str, Any]]] = {}
    for row in rows.order_by("id").values("id", "manager_id", "code", "name"):
        of_manager.setdefault(row["manager_id"], []).append(row)
    changes: dict[int, dict[str, str]] = {}
    for areas in of_manager.values():
        changes |= normalized(areas)
    if not changes:
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_HAS_FEED)
        [has_feed] = cursor.fetchone()
    if has_feed:
        # Rows of contacts, operators and areas contain the code, so sockets reload
        # everything.
        schema_editor.execute("SELECT change_bulk_load()")
    schema_editor.execute(
        "ALTER TABLE areas_area DISABLE TRIGGER area_code_is_permanent"
    )
    for pk, values in changes.items():
        rows.filter(pk=pk).update(**values)
    schema_editor.execute(
        "ALTER TABLE areas_area ENABLE TRIGGER area_code_is_permanent"
    )


class Migration(migrations.Migration):
    dependencies = [("areas", "0004_presence")]
    operations = [
        migrations.RunPython(normalize_areas, migrations.RunPython.noop, elidable=True)
    ]
