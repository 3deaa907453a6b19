from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
TABLES = (
    "managers_manager",
    "areas_area",
    "areas_operator",
    "areas_operatorarea",
    "contacts_contact",
    "chats_chat",
    "chats_message",
    "managers_supervision",
    "managers_apikey",
    "managers_apikey_managers",
    "auth_user",
)
BACKWARD = "".join(
    f"DROP TRIGGER change_heard_{event} ON {table};"
    for table in TABLES
    for event in "iudt"
)


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0001_change_log"),
        ("managers", "0001_initial"),
        ("areas", "0002_permanent_truths"),
        ("contacts", "0002_permanent_truths"),
        ("chats", "0003_permanent_truths"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_sequencer.sql").read_text(),
            "DROP FUNCTION change_stamp(integer), change_details(jsonb, text);",
        ),
        migrations.RunSQL(
            (SQL / "0003_capture.sql").read_text(),
            """
            DROP FUNCTION change_of_manager(), change_of_area(), change_of_operator(),
              change_of_membership(), change_of_contact(), change_of_chat(),
              change_of_message();
            """,
        ),
        migrations.RunSQL(
            (SQL / "0004_triggers.sql").read_text(),
            BACKWARD
            + "DROP FUNCTION change_listen(regclass, text, text[]),"
            " change_of_rights(), change_of_truncated();",
        ),
    ]
