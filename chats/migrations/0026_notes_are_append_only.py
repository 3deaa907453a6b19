from django.db import migrations

FORWARD = """
CREATE TRIGGER note_is_append_only BEFORE UPDATE OR DELETE ON chats_note
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
BACKWARD = "DROP TRIGGER note_is_append_only ON chats_note;"


class Migration(migrations.Migration):
    dependencies = [("chats", "0025_when_contacts_are_assigned")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
