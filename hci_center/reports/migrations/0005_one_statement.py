"""Computes episodes and samples in one statement each, and only the requested metrics.
"""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
_BEFORE = ("0001_pieces.sql", "0002_results.sql", "0004_estimates.sql")
_OLD = """
DROP FUNCTION report_samples(bigint[]), report_episodes(bigint[]), report_owings(bigint[]),
  report_held_lines(bigint[]), report_stays(bigint[]), report_said(bigint[]),
  report_bots(bigint[]), report_target(bigint, text);
"""
_ALL = """
DROP FUNCTION report_samples(bigint[], text[]), report_episodes(bigint[], boolean),
  report_chat_messages(bigint[]), report_lines(bigint[]),
  report_zone(bigint, bigint, timestamptz),
  report_business(bigint, timestamptz, timestamptz),
  report_opened_for(bigint, timestamptz), report_micros(interval), report_state_kinds();
"""


def results() -> str:
    """Returns the functions with their shared parts."""
    parts = (SQL / "0006_parts.sql").read_text()
    return (SQL / "0007_results.sql").read_text().replace("{parts}", parts)


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_volumes")]
    operations = [
        migrations.RunSQL(
            _OLD + results(),
            _ALL + "\n".join((SQL / name).read_text() for name in _BEFORE),
        ),
    ]
