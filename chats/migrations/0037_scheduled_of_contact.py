from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chats", "0036_schedule_idle")]

    operations = [
        migrations.RemoveIndex(
            model_name="scheduledmessage", name="scheduled_of_contact"
        ),
        # Includes missed and failed messages, because consoles show them.
        migrations.AddIndex(
            model_name="scheduledmessage",
            index=models.Index(
                fields=["contact", "send_at"], name="scheduled_of_contact"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledmessage",
            constraint=models.CheckConstraint(
                condition=~models.Q(text="") | models.Q(template__isnull=False),
                name="scheduled_says_something",
            ),
        ),
    ]
