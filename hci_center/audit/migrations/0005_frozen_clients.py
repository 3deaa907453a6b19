"""Audits the networks of a key, and whether it may be used without a header."""

from django.db import migrations

WATCH = """
SELECT audit_watch('managers_apikey'::regclass, 'key', ARRAY[{}]::text[], '{{}}')
"""
BEFORE = [
    *("name", "prefix", "all_managers", "secrets", "per_minute"),
    *("expires_at", "revoked_at"),
]
NOW = [*BEFORE, "networks", "in_path", "by_address"]


def _watching(columns: list[str]) -> str:
    return WATCH.format(", ".join(f"'{name}'" for name in columns))


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_auditors"), ("managers", "0007_frozen_clients")]
    operations = [migrations.RunSQL(_watching(NOW), _watching(BEFORE))]
