from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION idle_after_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT NEW.manager_id, 'idle', h.contact_id,
         clock_timestamp() + idle_wait(NEW.manager_id, NEW.area_id)
    FROM managers_manager m, chats_chat h
   WHERE m.id = NEW.manager_id AND m.has_automation AND h.id = NEW.chat_id
     AND idle_wait(NEW.manager_id, NEW.area_id) IS NOT NULL
  ON CONFLICT (kind, contact_id, area_id, operator_id) {conflict};
  RETURN NULL;
END $$;
"""
# The task may have been scheduled in an area that waits longer.
FORWARD = FUNCTION.format(
    conflict="""DO UPDATE
     SET run_at = excluded.run_at, version = t.version + 1, lease_until = NULL,
         failures = 0
   WHERE t.run_at > excluded.run_at"""
)
BACKWARD = FUNCTION.format(conflict="DO NOTHING")


class Migration(migrations.Migration):
    dependencies = [("chats", "0046_readable_times")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
