"""Captures and sends the details of messages, on older installations too."""

import re
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
SEQUENCER = (SQL / "0002_sequencer.sql").read_text()
CAPTURE = (SQL / "0003_capture.sql").read_text()
# The functions for messages without `details`: the reverse migration removes it next.
OLDER_CAPTURE = re.sub(
    r",\s*CASE WHEN n\.auto .*? END|,\s*[on]\.(?:details|auto)(?=[,)])"
    r"|, details(?=\))",
    "",
    CAPTURE,
    flags=re.DOTALL,
)
# Logs made by an earlier version lack the column.
ADD_COLUMN = "ALTER TABLE change_pend ADD COLUMN IF NOT EXISTS details jsonb;"


# Responses now include the size of files, which no earlier event had.
READ_ANEW = """
SELECT change_new_epoch() WHERE EXISTS (SELECT FROM chats_attachment);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0004_hear_what_moves"),
        ("chats", "0010_message_details"),
    ]
    operations = [
        migrations.RunSQL(ADD_COLUMN, migrations.RunSQL.noop),
        migrations.RunSQL(SEQUENCER, migrations.RunSQL.noop),
        migrations.RunSQL(CAPTURE, OLDER_CAPTURE),
        migrations.RunSQL(READ_ANEW, migrations.RunSQL.noop),
    ]
