from django.db import migrations

# Moving, releasing, closing or reopening a chat in the menu ends the menu: the
# scheduled task does so at once, so that the contact is queued without writing again.
FORWARD = """
CREATE OR REPLACE FUNCTION assign_after_event() RETURNS trigger LANGUAGE plpgsql AS $$
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
  IF NEW.actor <> 'rule:menu' THEN
    INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
    SELECT NEW.manager_id, 'menu', h.contact_id, clock_timestamp()
      FROM chats_menustate s JOIN chats_chat h ON h.id = s.chat_id
     WHERE s.chat_id = NEW.chat_id
    ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
       SET run_at = excluded.run_at, version = t.version + 1, lease_until = NULL,
           failures = 0;
  END IF;
  RETURN NULL;
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION assign_after_event() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0028_search")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
