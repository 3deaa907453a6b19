"""Audits planned changes of rules, and their cancellation."""

from django.db import migrations

FORWARD = """
SELECT audit_watch('areas_plannedpolicy'::regclass, 'planned-policy',
                   ARRAY['manager_id', 'area_id', 'begins_at', 'given', 'made_by',
                         'problem']::text[],
                   '{}')
"""
BACKWARD = "DROP TRIGGER audit_change ON areas_plannedpolicy"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_frozen_clients"),
        ("areas", "0013_planned_policies"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
