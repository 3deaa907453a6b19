"""Makes PostgreSQL keep the plan of the sequencer's statement."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
BEFORE = """
ALTER FUNCTION change_stamp(integer) RESET plan_cache_mode;
ALTER FUNCTION change_stamp(integer) RESET enable_seqscan;
"""


class Migration(migrations.Migration):
    dependencies = [("feed", "0013_open_sockets")]
    operations = [
        migrations.RunSQL((SQL / "0002_sequencer.sql").read_text(), BEFORE),
    ]
