from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.RunSQL(
            (SQL / "0001_change_log.sql").read_text(),
            """
            DROP FUNCTION change_now(bigint, jsonb), change_bulk_load(), change_new_epoch(), change_wake(),
              change_message_row(uuid, text, text, text, text, text, timestamptz),
              change_contact_row(text, text, text, text, bigint, text, bigint, integer,
                                 timestamptz, text),
              change_area_row(text, text),
              change_manager_row(text, text, bigint, integer, text),
              change_time(timestamptz), change_manager_key(bigint, text),
              change_public_id(text, text);
            DROP TABLE feed_ticket, change_pace, change_head, change_feed, change_pend;
            """,
        )
    ]
