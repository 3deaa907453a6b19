"""Removes retired areas from the feed."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("feed", "0011_forgetting"), ("areas", "0010_areas_put_away")]
    operations = [
        migrations.RunSQL(
            (SQL / "0008_areas_put_away.sql").read_text(), migrations.RunSQL.noop
        )
    ]
