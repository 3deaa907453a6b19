"""Captures and sends the phone of contacts whose id is not a phone number."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# Logs made by an earlier version lack the column.
ADD_COLUMN = "ALTER TABLE change_pend ADD COLUMN IF NOT EXISTS phone bigint;"


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0005_message_details"),
        ("contacts", "0006_phone_of_a_username"),
    ]
    operations = [
        migrations.RunSQL(ADD_COLUMN, migrations.RunSQL.noop),
        migrations.RunSQL(
            (SQL / "0002_sequencer.sql").read_text(), migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            (SQL / "0003_capture.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
