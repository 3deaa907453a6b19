"""Adds the functions that read counts as of the number of a change."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
WITHOUT = """
DROP FUNCTION IF EXISTS change_lines_ahead(integer);
DROP FUNCTION IF EXISTS change_number(integer);
"""


class Migration(migrations.Migration):
    dependencies = [("feed", "0009_hooks")]
    operations = [
        migrations.RunSQL((SQL / "0006_lines_ahead.sql").read_text(), WITHOUT),
    ]
