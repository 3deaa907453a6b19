from django.db import migrations, models

FORWARD = """
ALTER TABLE contacts_tagging
  ADD CONSTRAINT tagging_tag_of_manager FOREIGN KEY (manager_id, tag_id)
    REFERENCES contacts_tag (manager_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT tagging_contact_of_manager FOREIGN KEY (contact_id, manager_id)
    REFERENCES contacts_contact (id, manager_id) DEFERRABLE INITIALLY DEFERRED;
"""
BACKWARD = """
ALTER TABLE contacts_tagging DROP CONSTRAINT tagging_tag_of_manager,
  DROP CONSTRAINT tagging_contact_of_manager;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_rules")]
    operations = [
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                fields=["id", "manager"], name="contact_of_manager"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
