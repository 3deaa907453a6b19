"""The audit is append-only for TRUNCATE too."""

import re
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# The function that makes partitions, as it was.
OLDER = re.findall(
    r"CREATE FUNCTION audit_make_ahead.*?^END \$\$;",
    (SQL / "0001_lines.sql").read_text(),
    flags=re.DOTALL | re.MULTILINE,
)[0]
BACKWARD = f"""
{OLDER.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION audit_is_not_truncated() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_planned_policies")]
    operations = [
        migrations.RunSQL((SQL / "0003_truncating.sql").read_text(), BACKWARD)
    ]
