from django.db import migrations, models

# Triggers store the ends of clocks in the statement that causes them. Starts need the
# opening hours, which are computed in Python, so a task stores them. For managers
# without versions of hours, opening and claiming chats costs nothing; for others it
# costs one index lookup.
FORWARD = """
CREATE FUNCTION follow_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
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
    -- It waited already, so being taken begins nothing.
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
CREATE TRIGGER follow_clocks AFTER INSERT ON chats_chatevent FOR EACH ROW
  WHEN (NEW.kind IN ('reopened', 'entered_area', 'transferred', 'bot_step', 'bot_ended',
                     'closed')
        OR NEW.schedule_id IS NOT NULL AND NEW.kind IN ('opened', 'claimed', 'assigned'))
  EXECUTE FUNCTION follow_clocks();

-- A person's message answers the customer: an operator's, or one typed on the phone.
CREATE FUNCTION meet_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM chats_clock
              WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL
                AND kind IN ('first', 'reply')
                AND (NEW.auto = 'phone' OR EXISTS (
                     SELECT FROM areas_operator o
                      WHERE o.manager_id = NEW.manager_id AND o.id::text = NEW.sender)))
  THEN
    UPDATE chats_clock SET met_at = greatest(NEW.stored_at, started_at)
     WHERE chat_id = NEW.chat_id AND met_at IS NULL AND void_at IS NULL
       AND kind IN ('first', 'reply');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER meet_clocks AFTER INSERT ON chats_message FOR EACH ROW
  WHEN (NEW.direction = 'out' AND NEW.auto IN ('', 'phone'))
  EXECUTE FUNCTION meet_clocks();
"""
BACKWARD = """
DROP TRIGGER meet_clocks ON chats_message;
DROP FUNCTION meet_clocks();
DROP TRIGGER follow_clocks ON chats_chatevent;
DROP FUNCTION follow_clocks();
DELETE FROM chats_task WHERE kind = 'clock';
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0030_what_customers_tapped")]
    operations = [
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("inbound", "Inbound"),
                    ("menu", "Menu"),
                    ("idle", "Idle"),
                    ("assign", "Assign"),
                    ("offline", "Offline"),
                    ("scheduled", "Scheduled"),
                    ("clock", "Clock"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(met_at__isnull=True) | models.Q(void_at__isnull=True),
                name="clock_ends_once",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
