"""Functions that compute the reports, and the triggers that mark changed chats."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = ("0001_pieces.sql", "0002_results.sql", "0003_marking.sql")
BACKWARD = """
DROP TRIGGER report_keep_zone ON managers_manager;
DROP FUNCTION report_keep_zone();
DROP TRIGGER report_mark ON chats_survey;
DROP TRIGGER report_mark ON chats_chatevent;
DROP FUNCTION report_mark(), report_samples(bigint[]), report_episodes(bigint[]),
  report_owings(bigint[]), report_held_lines(bigint[]), report_stays(bigint[]),
  report_said(bigint[]), report_bots(bigint[]), report_lines(bigint[]),
  report_zone(bigint, bigint, timestamptz), report_target(bigint, text),
  report_business(bigint, timestamptz, timestamptz),
  report_opened_for(bigint, timestamptz), report_micros(interval), report_state_kinds();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("chats", "0039_approved_templates"),
        ("areas", "0009_console_settings"),
    ]
    operations = [
        migrations.RunSQL("\n".join((SQL / name).read_text() for name in FILES), BACKWARD)
    ]
