from django.db import migrations

FORWARD = """
ALTER TABLE contacts_contact
  ADD CONSTRAINT contact_area_of_manager FOREIGN KEY (manager_id, area_id)
    REFERENCES areas_area (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT contact_operator_of_manager FOREIGN KEY (manager_id, operator_id)
    REFERENCES areas_operator (manager_id, id) DEFERRABLE INITIALLY DEFERRED;

-- Room on each page, so that a claim or a message rewrites the row in place.
ALTER TABLE contacts_contact SET (fillfactor = 85);

-- The running number inside a protocol: no lock, gaps allowed, never twice.
CREATE SEQUENCE protocol_number;
"""
BACKWARD = """
DROP SEQUENCE protocol_number;
ALTER TABLE contacts_contact RESET (fillfactor);
ALTER TABLE contacts_contact DROP CONSTRAINT contact_area_of_manager,
  DROP CONSTRAINT contact_operator_of_manager;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial"), ("areas", "0002_permanent_truths")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
