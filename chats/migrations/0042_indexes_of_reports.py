"""Indexes for reports on messages and deliveries."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chats", "0041_notes_of_erased_persons")]
    operations = [
        migrations.AddIndex(
            model_name="message",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True,
                fields=["stored_at"],
                name="messages_by_time",
                pages_per_range=32,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["manager", "queued_at"],
                include=("channel", "sent_at", "delivered_at", "failed_code"),
                name="deliveries_queued",
            ),
        ),
    ]
