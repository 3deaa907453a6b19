from django.db import migrations

FORWARD = """
ALTER TABLE chats_message
  ADD CONSTRAINT message_of_chat FOREIGN KEY (chat_id, contact_id, manager_id)
    REFERENCES chats_chat (id, contact_id, manager_id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger of chats is append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON chats_chatevent
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();

CREATE FUNCTION protocol_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The protocol of a chat never changes'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER protocol_is_permanent BEFORE UPDATE ON chats_chat FOR EACH ROW
  WHEN (OLD.protocol IS DISTINCT FROM NEW.protocol)
  EXECUTE FUNCTION protocol_is_permanent();
"""
BACKWARD = """
DROP TRIGGER protocol_is_permanent ON chats_chat;
DROP FUNCTION protocol_is_permanent();
DROP TRIGGER ledger_is_append_only ON chats_chatevent;
DROP FUNCTION ledger_is_append_only();
ALTER TABLE chats_message DROP CONSTRAINT message_of_chat;
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0002_initial"), ("contacts", "0002_permanent_truths")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
