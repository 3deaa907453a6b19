"""Counts the sockets of a person over all feed processes."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
WITHOUT = """
DROP FUNCTION IF EXISTS feed_count_sockets(text, text, int, float);
DROP TABLE IF EXISTS feed_open_sockets;
"""


class Migration(migrations.Migration):
    dependencies = [("feed", "0012_areas_put_away")]
    operations = [
        migrations.RunSQL((SQL / "0009_open_sockets.sql").read_text(), WITHOUT),
    ]
