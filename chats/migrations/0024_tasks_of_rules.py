from django.db import migrations, models

# A row trigger: the statements that store messages insert a task only for managers with
# rules, and must not cost anything otherwise.
FORWARD = """
DROP TRIGGER wake_delivery ON chats_task;
CREATE TRIGGER wake_delivery AFTER INSERT OR UPDATE OF version ON chats_task
  FOR EACH ROW EXECUTE FUNCTION wake_delivery_on_insert();
"""
BACKWARD = """
DROP TRIGGER wake_delivery ON chats_task;
CREATE TRIGGER wake_delivery AFTER INSERT OR UPDATE ON chats_task
  FOR EACH STATEMENT EXECUTE FUNCTION wake_delivery_on_insert();
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0023_chats_as_consoles_list_them")]
    operations = [
        migrations.AddField(
            model_name="chat",
            name="seen_message_id",
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
