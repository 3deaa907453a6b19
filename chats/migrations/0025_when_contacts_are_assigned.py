from django.db import migrations

# A contact that enters a queue, or an operator who can take one more chat, schedules
# the assignment of the area, whatever the cause. Nothing is scheduled for managers
# without rules. `claimed` and `opened` lines schedule nothing: a claim fills a slot,
# and the rules process a customer's first message.
FORWARD = """
CREATE FUNCTION schedule_assignment(manager bigint, areas bigint[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO chats_task AS t (manager_id, kind, area_id, run_at)
  SELECT manager, 'assign', a.id, clock_timestamp()
    FROM (SELECT DISTINCT unnest(areas) AS id) a
   WHERE EXISTS (SELECT FROM managers_manager m WHERE m.id = manager AND m.has_automation)
   ORDER BY a.id
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
         lease_until = NULL, failures = 0
$$;
CREATE FUNCTION areas_of_operator(who bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(area_id), '{}') FROM areas_operatorarea WHERE operator_id = who
$$;

CREATE FUNCTION assign_after_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held_by bigint;
  areas bigint[] := '{}';
BEGIN
  IF NOT EXISTS (SELECT FROM managers_manager
                  WHERE id = NEW.manager_id AND has_automation) THEN RETURN NULL; END IF;
  IF NEW.operator_id IS NULL AND NEW.area_id IS NOT NULL AND NEW.kind <> 'closed' THEN
    areas := ARRAY[NEW.area_id];
  END IF;
  IF NEW.kind <> 'bot_ended' THEN
    SELECT e.operator_id INTO held_by FROM chats_chatevent e
     WHERE e.chat_id = NEW.chat_id AND e.id < NEW.id ORDER BY e.id DESC LIMIT 1;
    IF held_by IS NOT NULL AND held_by IS DISTINCT FROM NEW.operator_id THEN
      areas := areas || areas_of_operator(held_by);
    END IF;
  END IF;
  PERFORM schedule_assignment(NEW.manager_id, areas);
  RETURN NULL;
END $$;
CREATE TRIGGER assign_after_event AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind IN ('reopened', 'entered_area', 'released', 'bot_ended', 'closed',
                     'transferred'))
  EXECUTE FUNCTION assign_after_event();

CREATE FUNCTION assign_to_operator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who bigint := coalesce(to_jsonb(NEW)->>'operator_id', to_jsonb(NEW)->>'id')::bigint;
BEGIN
  PERFORM schedule_assignment(o.manager_id, areas_of_operator(o.id))
     FROM areas_operator o WHERE o.id = who;
  RETURN NULL;
END $$;
CREATE TRIGGER assign_to_operator AFTER INSERT ON areas_presencespan FOR EACH ROW
  WHEN (NEW.state = 'online') EXECUTE FUNCTION assign_to_operator();
CREATE TRIGGER assign_to_operator AFTER INSERT ON areas_operatorarea FOR EACH ROW
  EXECUTE FUNCTION assign_to_operator();
CREATE TRIGGER assign_to_operator AFTER UPDATE OF cap ON areas_operator FOR EACH ROW
  WHEN (OLD.cap IS DISTINCT FROM NEW.cap) EXECUTE FUNCTION assign_to_operator();

CREATE FUNCTION assign_by_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schedule_assignment(NEW.manager_id, array_agg(a.id)) FROM areas_area a
    WHERE a.manager_id = NEW.manager_id
      AND (NEW.area_id IS NULL OR a.id = NEW.area_id) HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER assign_by_policy AFTER INSERT OR UPDATE ON areas_policy FOR EACH ROW
  EXECUTE FUNCTION assign_by_policy();

CREATE FUNCTION release_of_offline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chats_task AS t (manager_id, kind, operator_id, run_at)
  SELECT o.manager_id, 'offline', o.id, clock_timestamp()
    FROM areas_operator o JOIN managers_manager m ON m.id = o.manager_id
   WHERE o.id = NEW.operator_id AND m.has_automation
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = excluded.run_at, version = t.version + 1, lease_until = NULL,
         failures = 0;
  RETURN NULL;
END $$;
CREATE TRIGGER release_of_offline AFTER UPDATE OF ended_at ON areas_presencespan
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
  EXECUTE FUNCTION release_of_offline();
"""
BACKWARD = """
DROP TRIGGER release_of_offline ON areas_presencespan;
DROP FUNCTION release_of_offline();
DROP TRIGGER assign_by_policy ON areas_policy;
DROP FUNCTION assign_by_policy();
DROP TRIGGER assign_to_operator ON areas_operator;
DROP TRIGGER assign_to_operator ON areas_operatorarea;
DROP TRIGGER assign_to_operator ON areas_presencespan;
DROP FUNCTION assign_to_operator();
DROP TRIGGER assign_after_event ON chats_chatevent;
DROP FUNCTION assign_after_event();
DROP FUNCTION areas_of_operator(bigint);
DROP FUNCTION schedule_assignment(bigint, bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0024_tasks_of_rules"),
        ("areas", "0008_presence_spans"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
