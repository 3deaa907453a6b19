"""Captures moves to another manager or contact, on older installations too."""

from pathlib import Path

from django.db import migrations

CAPTURE = Path(__file__).resolve().parent.parent / "sql" / "0003_capture.sql"


class Migration(migrations.Migration):
    dependencies = [("feed", "0003_remake_older_log")]
    operations = [migrations.RunSQL(CAPTURE.read_text(), migrations.RunSQL.noop)]
