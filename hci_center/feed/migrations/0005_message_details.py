"""The details of a message are heard and told, by older installations too."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# An older log gets the column that a newer one was made with.
ADD_COLUMN = "ALTER TABLE change_pend ADD COLUMN IF NOT EXISTS details jsonb;"


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0004_hear_what_moves"),
        ("chats", "0010_message_details"),
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
