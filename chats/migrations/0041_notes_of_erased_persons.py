from django.db import migrations

FORWARD = """
-- A note is deleted with the person that it is about, and never otherwise.
CREATE FUNCTION note_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('hci.erasing', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'Notes are append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER note_is_append_only ON chats_note;
CREATE TRIGGER note_is_append_only BEFORE UPDATE OR DELETE ON chats_note
  FOR EACH ROW EXECUTE FUNCTION note_is_append_only();
"""
BACKWARD = """
DROP TRIGGER note_is_append_only ON chats_note;
CREATE TRIGGER note_is_append_only BEFORE UPDATE OR DELETE ON chats_note
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
DROP FUNCTION note_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0040_rehoming")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
