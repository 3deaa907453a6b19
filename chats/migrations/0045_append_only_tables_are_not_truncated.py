from django.db import migrations

TABLES = ("chats_chatevent", "chats_assignment", "chats_note", "chats_sessionchange")
# TRUNCATE runs no row triggers. Who really wants to empty a database sets hci.truncating.
FUNCTION = """
CREATE FUNCTION append_only_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('hci.truncating', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
TRIGGER = """
CREATE TRIGGER append_only_is_not_truncated BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION append_only_is_not_truncated();
"""
DROP = "DROP TRIGGER append_only_is_not_truncated ON {table};"


class Migration(migrations.Migration):
    dependencies = [("chats", "0044_session_history")]
    operations = [
        migrations.RunSQL(
            FUNCTION, "DROP FUNCTION append_only_is_not_truncated();"
        ),
        *(
            migrations.RunSQL(TRIGGER.format(table=table), DROP.format(table=table))
            for table in TABLES
        ),
    ]
