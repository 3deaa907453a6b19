from django.db import migrations

# Chats closed by earlier versions get the current names. Separate from 0033, so that
# its lock on the chats is short.
SEAL = """
INSERT INTO chats_transcriptseal (chat_id, contact_name, people)
SELECT h.id, c.name, people_in_chat(h.id)
  FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.closed_at IS NOT NULL
ON CONFLICT (chat_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0033_sealed_transcripts")]
    operations = [migrations.RunSQL(SEAL, migrations.RunSQL.noop)]
