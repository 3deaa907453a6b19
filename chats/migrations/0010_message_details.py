"""Captions, file names, quotes, reactions, origins, edits and deletions."""

import django.db.models.deletion
from django.db import migrations, models

CHECKED = """
ALTER TABLE chats_message ADD CONSTRAINT message_details_are_known CHECK (
  details IS NULL OR (
    jsonb_typeof(details) = 'object' AND details <> '{}'
    AND details - ARRAY['caption', 'fileName', 'replyTo', 'reactions', 'origin',
                        'edited', 'deleted'] = '{}'
    AND coalesce(jsonb_typeof(details -> 'reactions') = 'array'
                 AND details -> 'reactions' <> '[]', true)
    AND coalesce(jsonb_typeof(details -> 'origin') = 'object', true)));
"""
UNCHECKED = "ALTER TABLE chats_message DROP CONSTRAINT message_details_are_known;"


class Migration(migrations.Migration):
    dependencies = [("chats", "0009_largest_file_of_a_gateway")]
    operations = [
        migrations.AddField(
            model_name="message",
            name="details",
            field=models.JSONField(blank=True, null=True, verbose_name="details"),
        ),
        migrations.RunSQL(CHECKED, UNCHECKED),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("details__has_key", "origin")),
                fields=["manager", "id"],
                name="messages_with_an_origin",
            ),
        ),
        migrations.CreateModel(
            name="MessageVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("text", models.TextField(verbose_name="content")),
                ("written_at", models.DateTimeField(verbose_name="written at")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="chats.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier text",
                "verbose_name_plural": "earlier texts",
            },
        ),
    ]
