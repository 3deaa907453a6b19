from django.db import migrations

# The trigger of the ledger itself is in migration 0003.
FORWARD = """
CREATE TRIGGER assignment_is_append_only BEFORE UPDATE OR DELETE ON chats_assignment
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();

ALTER TABLE chats_chat
  ADD CONSTRAINT chat_last_operator_of_manager FOREIGN KEY (manager_id, last_operator_id)
    REFERENCES areas_operator (manager_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE chats_reply
  ADD CONSTRAINT reply_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT reply_operator_of_manager FOREIGN KEY (manager_id, operator_id)
    REFERENCES areas_operator (manager_id, id) DEFERRABLE INITIALLY DEFERRED;

CREATE TRIGGER wake_delivery AFTER INSERT OR UPDATE ON chats_task
  FOR EACH STATEMENT EXECUTE FUNCTION wake_delivery_on_insert();
"""
BACKWARD = """
DROP TRIGGER wake_delivery ON chats_task;
ALTER TABLE chats_reply DROP CONSTRAINT reply_area_of_manager,
  DROP CONSTRAINT reply_operator_of_manager;
ALTER TABLE chats_chat DROP CONSTRAINT chat_last_operator_of_manager;
DROP TRIGGER assignment_is_append_only ON chats_assignment;
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0020_rules"), ("areas", "0007_rules_keep_to_their_manager")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
