"""Makes stored rows final on days whose spans of presence were deleted."""

import re
from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"
# The previous function that marks days.
OLDER_MARKING = re.findall(
    r"CREATE FUNCTION report_mark_presence.*?^END \$\$;",
    (SQL / "0010_presence.sql").read_text(),
    flags=re.DOTALL | re.MULTILINE,
)[0]
BACKWARD = f"""
{OLDER_MARKING.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION report_finish_presence(bigint, date);
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0013_moved_chats")]
    operations = [
        migrations.CreateModel(
            name="FinalPresence",
            fields=[
                (
                    "manager_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                ("before", models.DateField()),
            ],
            options={"db_table": "report_final_presence"},
        ),
        migrations.RunSQL((SQL / "0012_final_presence.sql").read_text(), BACKWARD),
    ]
