from django.db import migrations

# Only for open chats, as nobody waits in closed ones. No column of the feed changes.
FILL = """
UPDATE contacts_contact c
   SET waiting_since = (
         SELECT min(m.created_at) FROM chats_message m
          WHERE m.chat_id = h.id AND m.direction = 'in' AND m.id > coalesce((
                SELECT max(x.id) FROM chats_message x
                 WHERE x.chat_id = h.id AND x.direction = 'out'), 0)),
       queued_at = (
         SELECT max(e.at) FROM chats_chatevent e
          WHERE e.chat_id = h.id AND e.kind IN ('opened', 'entered_area', 'released')),
       last_in_at = (
         SELECT max(m.created_at) FROM chats_message m
          WHERE m.chat_id = h.id AND m.direction = 'in')
  FROM chats_chat h
 WHERE h.contact_id = c.id AND h.closed_at IS NULL AND c.deleted_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0021_rules_keep_to_their_manager"),
        ("contacts", "0009_tags_keep_to_their_manager"),
    ]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
