from django.db import migrations, models

# A chat is usually opened, moved and assigned within a moment. Its clocks are computed
# once for all of that, half a second later, from the times of the lines and messages.
# Questions of the menu schedule nothing.
FORWARD = """
CREATE OR REPLACE FUNCTION follow_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  runs boolean;
BEGIN
  SELECT true INTO runs FROM chats_clock
   WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL LIMIT 1;
  IF runs AND NEW.kind = 'closed' THEN
    UPDATE chats_clock
       SET met_at = CASE WHEN resolves THEN NEW.at END,
           void_at = CASE WHEN NOT resolves THEN NEW.at END
      FROM (SELECT id AS ended, kind = 'resolution' AND NEW.cause NOT IN
                   ('deleted', 'merged', 'erased', 'imported') AS resolves
              FROM chats_clock WHERE chat_id = NEW.chat_id) x
     WHERE id = ended AND met_at IS NULL AND void_at IS NULL;
  ELSIF NEW.kind = 'bot_step' THEN
    IF runs IS NOT TRUE THEN RETURN NULL; END IF;
    UPDATE chats_clock SET void_at = NEW.at
     WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL;
  ELSIF runs AND NEW.operator_id IS NOT NULL THEN
    UPDATE chats_clock SET met_at = NEW.at
     WHERE chat_id = NEW.chat_id AND kind = 'queue' AND met_at IS NULL AND void_at IS NULL;
    -- It waited already, so being taken begins nothing.
    IF FOUND AND NEW.kind IN ('claimed', 'assigned') THEN RETURN NULL; END IF;
  ELSIF runs AND NEW.kind = 'entered_area' THEN
    UPDATE chats_clock SET void_at = NEW.at
     WHERE chat_id = NEW.chat_id AND kind = 'queue' AND met_at IS NULL AND void_at IS NULL
       AND area_id IS DISTINCT FROM NEW.area_id;
  END IF;
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT h.manager_id, 'clock', h.contact_id,
         clock_timestamp() + interval '0.5 seconds'
    FROM chats_chat h
   WHERE h.id = NEW.chat_id
     AND (runs OR EXISTS (SELECT FROM areas_schedule s WHERE s.id = NEW.schedule_id
                             AND s.targets @? '$.* ? (@ > 0)'))
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
         lease_until = NULL, failures = 0;
  RETURN NULL;
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION follow_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  runs boolean;
BEGIN
  SELECT true INTO runs FROM chats_clock
   WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL LIMIT 1;
  IF runs AND NEW.kind = 'closed' THEN
    UPDATE chats_clock
       SET met_at = CASE WHEN resolves THEN NEW.at END,
           void_at = CASE WHEN NOT resolves THEN NEW.at END
      FROM (SELECT id AS ended, kind = 'resolution' AND NEW.cause NOT IN
                   ('deleted', 'merged', 'erased', 'imported') AS resolves
              FROM chats_clock WHERE chat_id = NEW.chat_id) x
     WHERE id = ended AND met_at IS NULL AND void_at IS NULL;
  ELSIF runs AND NEW.kind = 'bot_step' THEN
    UPDATE chats_clock SET void_at = NEW.at
     WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL;
  ELSIF runs AND NEW.operator_id IS NOT NULL THEN
    UPDATE chats_clock SET met_at = NEW.at
     WHERE chat_id = NEW.chat_id AND kind = 'queue' AND met_at IS NULL AND void_at IS NULL;
    IF FOUND AND NEW.kind IN ('claimed', 'assigned') THEN RETURN NULL; END IF;
  ELSIF runs AND NEW.kind = 'entered_area' THEN
    UPDATE chats_clock SET void_at = NEW.at
     WHERE chat_id = NEW.chat_id AND kind = 'queue' AND met_at IS NULL AND void_at IS NULL
       AND area_id IS DISTINCT FROM NEW.area_id;
  END IF;
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT h.manager_id, 'clock', h.contact_id, clock_timestamp()
    FROM chats_chat h
   WHERE h.id = NEW.chat_id
     AND (runs OR EXISTS (SELECT FROM areas_schedule s WHERE s.id = NEW.schedule_id
                             AND s.targets @? '$.* ? (@ > 0)'))
  ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
         lease_until = NULL, failures = 0;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0037_scheduled_of_contact")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveIndex(model_name="task", name="tasks_due"),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                fields=["run_at"],
                condition=~models.Q(kind="clock"),
                name="tasks_due",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                fields=["run_at"],
                condition=models.Q(kind="clock"),
                name="clock_tasks_due",
            ),
        ),
    ]
