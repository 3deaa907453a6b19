"""Adds to messages the id of the tapped button, row or quick reply."""

from django.db import migrations

DROP = "ALTER TABLE chats_message DROP CONSTRAINT message_details_are_known;"
# Existing rows need no check, because they satisfy the stricter constraint.
ADD = """
ALTER TABLE chats_message ADD CONSTRAINT message_details_are_known CHECK (
  details IS NULL OR (
    jsonb_typeof(details) = 'object' AND details <> '{{}}'
    AND details - ARRAY['caption', 'fileName', 'replyTo', 'reactions', 'origin',
                        'edited', 'deleted'{more}] = '{{}}'
    AND coalesce(jsonb_typeof(details -> 'reactions') = 'array'
                 AND details -> 'reactions' <> '[]', true)
    AND coalesce(jsonb_typeof(details -> 'origin') = 'object', true))) NOT VALID;
"""
FORGET = """
UPDATE chats_message SET details = nullif(details - 'tapped', '{}')
 WHERE details ? 'tapped';
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0029_menu_gives_way")]
    operations = [
        migrations.RunSQL(
            DROP + ADD.format(more=", 'tapped'"), FORGET + DROP + ADD.format(more="")
        ),
    ]
