import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

FORWARD = """
ALTER TABLE chats_reply
  ADD CONSTRAINT reply_file_of_manager FOREIGN KEY (manager_id, file_id)
    REFERENCES chats_replyfile (manager_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
BACKWARD = "ALTER TABLE chats_reply DROP CONSTRAINT reply_file_of_manager;"


class Migration(migrations.Migration):
    # No call wrote these columns before, so no data is lost with them.
    dependencies = [
        ("chats", "0026_notes_are_append_only"),
        ("managers", "0005_rules"),
    ]
    operations = [
        migrations.CreateModel(
            name="ReplyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("file", models.FileField(max_length=200, upload_to="", verbose_name="file")),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("mime", models.CharField(max_length=100)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("is_voice", models.BooleanField(default=False)),
                ("showing", models.CharField(blank=True, default="", max_length=5)),
                ("is_used", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "manager",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="managers.manager",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a quick reply",
                "verbose_name_plural": "files of quick replies",
                "constraints": [
                    models.UniqueConstraint(fields=("manager", "id"), name="reply_file_of_manager")
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="reply", name="reply_says_something"),
        migrations.RemoveField(model_name="reply", name="file"),
        migrations.RemoveField(model_name="reply", name="file_name"),
        migrations.RemoveField(model_name="reply", name="mime"),
        migrations.RemoveField(model_name="reply", name="size"),
        migrations.AddField(
            model_name="reply",
            name="file",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replies",
                to="chats.replyfile",
                verbose_name="file",
            ),
        ),
        migrations.AddConstraint(
            model_name="reply",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("text", ""), _negated=True), ("file__isnull", False), _connector="OR"),
                name="reply_says_something",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
