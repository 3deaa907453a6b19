import django.db.models.deletion
from django.db import migrations, models

# Names of a chat's authors, by operator id or, for other authors of notes, by
# credential. Closing stores them, so that a transcript keeps the names of that time.
FORWARD = """
CREATE FUNCTION people_in_chat(chat bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(x.who, x.name), '{}')
    FROM (
      SELECT said.who, coalesce(o.name, nullif(trim(u.first_name || ' ' || u.last_name), ''),
                                u.username, k.name) AS name
        FROM (SELECT h.manager_id, m.sender AS who
                FROM chats_chat h JOIN chats_message m ON m.chat_id = h.id
               WHERE h.id = chat AND m.direction = 'out'
               UNION
              SELECT h.manager_id, coalesce(n.author_id::text, n.actor)
                FROM chats_chat h JOIN chats_note n ON n.chat_id = h.id
               WHERE h.id = chat) said
        LEFT JOIN areas_operator o ON o.manager_id = said.manager_id AND o.id =
             CASE WHEN said.who ~ '^[1-9][0-9]{0,17}$' THEN said.who::bigint END
        LEFT JOIN auth_user u ON u.id =
             CASE WHEN said.who ~ '^user:[1-9][0-9]{0,8}$'
                  THEN substr(said.who, 6)::integer END
        LEFT JOIN managers_apikey k ON k.id =
             CASE WHEN said.who ~ '^key:[1-9][0-9]{0,17}$'
                  THEN substr(said.who, 5)::bigint END) x
   WHERE x.name IS NOT NULL
$$;
CREATE FUNCTION seal_transcript() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chats_transcriptseal AS s (chat_id, contact_name, people)
  SELECT NEW.id, c.name, people_in_chat(NEW.id) FROM contacts_contact c
   WHERE c.id = NEW.contact_id
  ON CONFLICT (chat_id) DO UPDATE
     SET contact_name = excluded.contact_name, people = excluded.people;
  RETURN NULL;
END $$;
CREATE TRIGGER seal_transcript AFTER UPDATE OF closed_at ON chats_chat FOR EACH ROW
  WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
  EXECUTE FUNCTION seal_transcript();
"""
BACKWARD = """
DROP TRIGGER seal_transcript ON chats_chat;
DROP FUNCTION seal_transcript();
DROP FUNCTION people_in_chat(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0032_idle_chats")]

    operations = [
        migrations.CreateModel(
            name="TranscriptSeal",
            fields=[
                (
                    "chat",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="chats.chat",
                    ),
                ),
                ("contact_name", models.CharField(max_length=200)),
                ("people", models.JSONField(default=dict)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
