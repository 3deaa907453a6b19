"""Sends the open chat of a restored contact with it."""

import re
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
SEQUENCER = (SQL / "0002_sequencer.sql").read_text()
# Only this function, because later files replace the others of that file.
CAPTURE = re.findall(
    r"CREATE OR REPLACE FUNCTION change_of_contact.*?^END \$\$;",
    (SQL / "0003_capture.sql").read_text(),
    flags=re.DOTALL | re.MULTILINE,
)[0]
OLDER_CAPTURE = CAPTURE.replace("\n                  OR c.op = 'I' THEN", " THEN")


class Migration(migrations.Migration):
    dependencies = [("feed", "0015_who_wrote_a_message")]
    operations = [
        migrations.RunSQL(SEQUENCER, migrations.RunSQL.noop),
        migrations.RunSQL(CAPTURE, OLDER_CAPTURE),
    ]
