"""Refuses times that programs cannot read, such as `infinity`."""

from django.db import migrations

from hci_center.database.readable_times import require_readable_times


class Migration(migrations.Migration):
    # Rows are checked while others write.
    atomic = False

    dependencies = [("chats", "0045_append_only_tables_are_not_truncated")]
    operations = [
        *require_readable_times("chats_chat", ["opened_at"], ["closed_at"]),
        *require_readable_times("chats_message", ["created_at"], ["stored_at"]),
        *require_readable_times("chats_chatevent", ["at"], is_append_only=True),
        *require_readable_times("chats_note", ["created_at"], is_append_only=True),
        *require_readable_times("chats_scheduled", ["send_at"]),
        *require_readable_times("chats_survey", ["asked_at"], ["answered_at"]),
        *require_readable_times(
            "chats_clock", ["started_at"], ["risk_at", "due_at", "met_at", "void_at"]
        ),
        *require_readable_times(
            "chats_delivery", ["queued_at"], ["sent_at", "delivered_at", "read_at"]
        ),
        *require_readable_times("chats_gatewayaccount", ["since"]),
        *require_readable_times("chats_sessionchange", ["at"], is_append_only=True),
    ]
