"""Sends with a message whether the service, a schedule or a phone wrote it."""

import re
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# Only this function, because later files replace the others of that file.
CAPTURE = re.findall(
    r"CREATE OR REPLACE FUNCTION change_of_message.*?^END \$\$;",
    (SQL / "0003_capture.sql").read_text(),
    flags=re.DOTALL | re.MULTILINE,
)[0]
# The previous function, which does not read the column.
OLDER_CAPTURE = re.sub(
    r",\s*[on]\.auto(?=\))",
    "",
    re.sub(r"CASE WHEN n\.auto .*? END", "n.details", CAPTURE, flags=re.DOTALL),
)
# Responses now include it, which no earlier event did.
READ_ANEW = "SELECT change_new_epoch() WHERE EXISTS (SELECT FROM chats_message);"


class Migration(migrations.Migration):
    dependencies = [("feed", "0014_plan_of_the_sequencer"), ("chats", "0020_rules")]
    operations = [
        migrations.RunSQL(CAPTURE, OLDER_CAPTURE),
        migrations.RunSQL(READ_ANEW, migrations.RunSQL.noop),
    ]
