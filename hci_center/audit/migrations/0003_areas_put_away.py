"""Audits the retirement of areas, and their successors."""

from django.db import migrations

WATCH = """
SELECT audit_watch('areas_area'::regclass, 'area', ARRAY[{}]::text[], '{{}}')
"""
BEFORE = ["manager_id", "code", "name", "needs_review"]
NOW = [*BEFORE, "retired_at", "successor_id"]


def _watching(columns: list[str]) -> str:
    return WATCH.format(", ".join(f"'{name}'" for name in columns))


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_changes"), ("areas", "0010_areas_put_away")]
    operations = [migrations.RunSQL(_watching(NOW), _watching(BEFORE))]
