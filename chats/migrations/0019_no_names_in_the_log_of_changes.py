"""Names customers' rows in the admin's log of changes by their ids, older entries too.
"""

from django.db import migrations

FORWARD = """
UPDATE django_admin_log l SET object_repr = left('#' || l.object_id, 200)
  FROM django_content_type t
 WHERE t.id = l.content_type_id AND l.object_id IS NOT NULL
   AND t.app_label IN ('contacts', 'chats', 'background')
   AND l.object_repr <> left('#' || l.object_id, 200)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0018_pictures_as_they_are_shown"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop, elidable=True),
    ]
