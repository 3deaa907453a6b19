from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP TRIGGER privacy_follow_chat ON chats_chat;
DROP FUNCTION privacy_follow_chat();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0002_retention"),
        ("chats", "0043_failed_deliveries"),
    ]
    operations = [
        migrations.RunSQL((SQL / "0001_moved_chats.sql").read_text(), BACKWARD)
    ]
