from django.db import migrations

FORWARD = """
-- The uptime of an account is computed from its states. They go only with a manager who
-- has no contacts, and so no history.
CREATE FUNCTION session_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (
       SELECT FROM chats_gatewayaccount a JOIN contacts_contact c USING (manager_id)
        WHERE a.id = OLD.account_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'The history of sessions is append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER session_history_is_append_only
  BEFORE UPDATE OR DELETE ON chats_sessionchange
  FOR EACH ROW EXECUTE FUNCTION session_history_is_append_only();
"""
BACKWARD = """
DROP TRIGGER session_history_is_append_only ON chats_sessionchange;
DROP FUNCTION session_history_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0043_failed_deliveries")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
