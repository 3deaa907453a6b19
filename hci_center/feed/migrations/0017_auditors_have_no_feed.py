"""Closes the sockets of a supervisor who becomes an auditor."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER change_heard_u ON managers_supervision;
CREATE TRIGGER change_heard_u AFTER UPDATE ON managers_supervision
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
  EXECUTE FUNCTION change_of_rights('user:', 'user_id', '{%s}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0016_chats_of_restored_contacts"),
        ("managers", "0006_auditors"),
    ]
    operations = [
        migrations.RunSQL(
            TRIGGER % "user_id,manager_id,reads_only", TRIGGER % "user_id,manager_id"
        )
    ]
