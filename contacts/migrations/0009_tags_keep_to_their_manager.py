from django.db import migrations

# A trigger compares the contact's manager: a foreign key of both columns would need
# another index that every message writes, and the manager of a contact never changes.
FORWARD = """
ALTER TABLE contacts_tagging
  ADD CONSTRAINT tagging_tag_of_manager FOREIGN KEY (manager_id, tag_id)
    REFERENCES contacts_tag (manager_id, id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION tagging_keeps_to_its_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM contacts_contact c
                  WHERE c.id = NEW.contact_id AND c.manager_id = NEW.manager_id) THEN
    RAISE EXCEPTION 'The tag and the contact belong to two managers'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER tagging_keeps_to_its_manager BEFORE INSERT OR UPDATE ON contacts_tagging
  FOR EACH ROW EXECUTE FUNCTION tagging_keeps_to_its_manager();
"""
BACKWARD = """
DROP TRIGGER tagging_keeps_to_its_manager ON contacts_tagging;
DROP FUNCTION tagging_keeps_to_its_manager();
ALTER TABLE contacts_tagging DROP CONSTRAINT tagging_tag_of_manager;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_rules")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
