from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP TRIGGER report_mark_moved ON chats_chat;
DROP FUNCTION report_mark_moved();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0012_marks_and_steps"),
        ("chats", "0043_failed_deliveries"),
    ]
    operations = [
        migrations.RunSQL((SQL / "0011_moved_chats.sql").read_text(), BACKWARD)
    ]
