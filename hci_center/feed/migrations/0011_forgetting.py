"""Adds the functions that delete erased persons from the feed."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
WITHOUT = """
DROP FUNCTION IF EXISTS change_forget(bigint, text[], bigint, bigint);
DROP FUNCTION IF EXISTS change_forget_waiting(bigint, bigint[], text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("feed", "0010_lines_ahead")]
    operations = [
        migrations.RunSQL((SQL / "0007_forgetting.sql").read_text(), WITHOUT),
    ]
