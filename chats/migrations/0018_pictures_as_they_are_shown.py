import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# The worker processes pictures that were stored before, the newest first; until then
# they can only be downloaded.
QUEUE = """
UPDATE chats_attachment SET showing = 'copy'
 WHERE mime IN ('image/jpeg', 'image/png', 'image/gif', 'image/webp');
INSERT INTO chats_picturecopy (attachment_id, uuid, file, mime, size, attempts)
SELECT id, gen_random_uuid(), '', '', 0, 0 FROM chats_attachment WHERE showing = 'copy';
"""
# Responses sign addresses of our pictures for callers who may see the contact, so a
# contact must not refer to the picture of another one.
OWN_ALONE = """
UPDATE contacts_contact c SET photo = ''
  FROM chats_portrait p
 WHERE c.photo LIKE '%/api/chat/photo/%'
   AND p.uuid::text = substring(c.photo FROM '/api/chat/photo/([0-9a-f-]{36})')
   AND p.contact_id <> c.id
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0017_converted_files")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="showing",
            field=models.CharField(blank=True, default="", max_length=5),
        ),
        migrations.CreateModel(
            name="PictureCopy",
            fields=[
                (
                    "attachment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="picture_copy",
                        serialize=False,
                        to="chats.attachment",
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                ),
                (
                    "file",
                    models.FileField(
                        blank=True, default="", max_length=200, upload_to=""
                    ),
                ),
                ("mime", models.CharField(blank=True, default="", max_length=100)),
                ("size", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "next_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("made_at__isnull", True)),
                        fields=["-attachment"],
                        name="picture_copies_due",
                    )
                ],
            },
        ),
        migrations.RunSQL(QUEUE, migrations.RunSQL.noop),
        migrations.RunSQL(OWN_ALONE, migrations.RunSQL.noop),
    ]
