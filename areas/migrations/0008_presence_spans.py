"""Functions that change the presence of operators and keep its spans."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "0008_presence.sql"
BACKWARD = """
DROP FUNCTION presence_expire(integer), presence_renew(text, bigint[], integer),
  presence_depart(text, bigint[], integer), presence_arrive(text, bigint[], integer),
  presence_lock(bigint[]),
  presence_follow(bigint[], integer, boolean), presence_of(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("areas", "0007_rules_keep_to_their_manager")]
    operations = [migrations.RunSQL(SQL.read_text(), BACKWARD)]
