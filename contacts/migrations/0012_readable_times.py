"""Refuses times that programs cannot read, such as `infinity`."""

from django.db import migrations

from hci_center.database.readable_times import require_readable_times


class Migration(migrations.Migration):
    # Rows are checked while others write.
    atomic = False

    dependencies = [("contacts", "0011_consents"), ("feed", "0016_chats_of_restored_contacts")]
    operations = [
        *require_readable_times(
            "contacts_contact",
            ["created_at"],
            [
                "last_message_at", "waiting_since", "queued_at", "last_in_at",
                "away_until",
            ],
        ),  # fmt: skip
    ]
