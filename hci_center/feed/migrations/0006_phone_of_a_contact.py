"""The phone of a contact whose id is none is captured and broadcast."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# An older log gets the column that a newer one was made with.
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
