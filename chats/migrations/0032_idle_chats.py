from django.db import migrations, models

# Time from an operator's last message until the rules check a chat: until the warning
# or, without one, until the closing. NULL without such a policy: no task is scheduled.
FORWARD = """
CREATE FUNCTION idle_wait(manager bigint, area bigint) RETURNS interval
LANGUAGE sql STABLE AS $$
  SELECT make_interval(secs => coalesce(nullif(x.warn, 0), nullif(x.close, 0)))
    FROM (SELECT coalesce(max(p.idle_warn) FILTER (WHERE p.area_id IS NOT NULL),
                          max(p.idle_warn)) AS warn,
                 coalesce(max(p.idle_close) FILTER (WHERE p.area_id IS NOT NULL),
                          max(p.idle_close)) AS close
            FROM areas_policy p
           WHERE p.manager_id = manager AND (p.area_id IS NULL OR p.area_id = area)) x
$$;

-- Who holds the chat or its area has changed. Its operator's messages schedule the task
-- by themselves; a task that is there already looks again by itself.
CREATE FUNCTION idle_after_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chats_task (manager_id, kind, contact_id, run_at)
  SELECT NEW.manager_id, 'idle', h.contact_id,
         clock_timestamp() + idle_wait(NEW.manager_id, NEW.area_id)
    FROM managers_manager m, chats_chat h
   WHERE m.id = NEW.manager_id AND m.has_automation AND h.id = NEW.chat_id
     AND idle_wait(NEW.manager_id, NEW.area_id) IS NOT NULL
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER idle_after_event AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind IN ('assigned', 'transferred', 'entered_area', 'released', 'reopened'))
  EXECUTE FUNCTION idle_after_event();

-- New waits and hours hold for chats that are idle already.
CREATE FUNCTION idle_by_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT c.manager_id, 'idle', c.id, clock_timestamp()
    FROM contacts_contact c
    JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
   WHERE c.manager_id = NEW.manager_id AND c.deleted_at IS NULL
     AND (NEW.area_id IS NULL OR c.area_id = NEW.area_id)
     AND c.waiting_since IS NULL
     AND idle_wait(c.manager_id, c.area_id) IS NOT NULL
   ORDER BY c.id
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
         lease_until = NULL, failures = 0;
  RETURN NULL;
END $$;
CREATE TRIGGER idle_by_new_policy AFTER INSERT ON areas_policy FOR EACH ROW
  WHEN (NEW.idle_warn IS NOT NULL OR NEW.idle_close IS NOT NULL)
  EXECUTE FUNCTION idle_by_policy();
CREATE TRIGGER idle_by_policy AFTER UPDATE ON areas_policy FOR EACH ROW
  WHEN ((OLD.idle_warn, OLD.idle_close, OLD.hours, OLD.holidays)
        IS DISTINCT FROM (NEW.idle_warn, NEW.idle_close, NEW.hours, NEW.holidays))
  EXECUTE FUNCTION idle_by_policy();
"""
BACKWARD = """
DROP TRIGGER idle_by_policy ON areas_policy;
DROP TRIGGER idle_by_new_policy ON areas_policy;
DROP FUNCTION idle_by_policy();
DROP TRIGGER idle_after_event ON chats_chatevent;
DROP FUNCTION idle_after_event();
DROP FUNCTION idle_wait(bigint, bigint);
DELETE FROM chats_task WHERE kind = 'idle';
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0031_clocks")]
    operations = [
        migrations.AddIndex(
            model_name="survey",
            index=models.Index(fields=["asked_at", "id"], name="surveys_by_time"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
