"""Excludes the ids of tapped choices from the feed, because only the rules use them."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("feed", "0006_phone_of_a_contact")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_sequencer.sql").read_text(), migrations.RunSQL.noop
        )
    ]
