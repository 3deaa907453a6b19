from django.db import migrations

FORWARD = """
-- What was answered about a customer does not outlive him. A row that is being taken
-- over at this moment holds nothing of him any more, so it is not waited for.
CREATE FUNCTION delete_stored_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
    SELECT id FROM api_storedanswer WHERE contact_id = OLD.id
       FOR UPDATE SKIP LOCKED));
  RETURN NULL;
END $$;
CREATE TRIGGER contact_deleted_with_its_answers
  AFTER UPDATE OF deleted_at ON contacts_contact
  FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION delete_stored_answers();
CREATE TRIGGER contact_erased_with_its_answers
  AFTER DELETE ON contacts_contact
  FOR EACH ROW EXECUTE FUNCTION delete_stored_answers();
"""
BACKWARD = """
DROP TRIGGER contact_erased_with_its_answers ON contacts_contact;
DROP TRIGGER contact_deleted_with_its_answers ON contacts_contact;
DROP FUNCTION delete_stored_answers();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0006_phone_of_a_username"),
        ("api", "0002_what_an_answer_is_about"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
