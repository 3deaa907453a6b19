"""Audits who is an auditor."""

from django.db import migrations

WATCH = """
SELECT audit_watch('managers_supervision'::regclass, 'supervision', ARRAY[{}]::text[],
                   '{{}}')
"""
BEFORE = "'user_id', 'manager_id'"
NOW = f"{BEFORE}, 'reads_only'"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_areas_put_away"), ("managers", "0006_auditors")]
    operations = [migrations.RunSQL(WATCH.format(NOW), WATCH.format(BEFORE))]
