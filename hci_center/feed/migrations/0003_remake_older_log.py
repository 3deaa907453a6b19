"""Recreates a change log of an earlier version without plain columns."""

from pathlib import Path
from typing import Any

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
IS_OF_TODAY = """
SELECT EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = 'change_pend'::regclass AND attname = 'channel')
"""
# Also drops the triggers that call the functions. Clients read everything again, as
# after a reset.
FORGET = """
DO $$
DECLARE
  made regprocedure;
BEGIN
  FOR made IN SELECT oid FROM pg_proc
               WHERE pronamespace = current_schema()::regnamespace
                 AND proname LIKE 'change\\_%'
  LOOP
    EXECUTE 'DROP FUNCTION IF EXISTS ' || made || ' CASCADE';
  END LOOP;
END $$;
DROP TABLE feed_ticket, change_pace, change_head, change_feed, change_pend CASCADE;
"""


def remake_older_log(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute(IS_OF_TODAY)
        (is_of_today,) = cursor.fetchone()
    if not is_of_today:
        editor.execute(FORGET, params=None)
        # Parts added by later migrations may need tables that do not exist yet.
        for file in sorted(SQL.glob("000[1-4]_*.sql")):
            editor.execute(file.read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [("feed", "0002_sequencer_and_capture")]
    operations = [migrations.RunPython(remake_older_log, migrations.RunPython.noop)]
