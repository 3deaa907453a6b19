"""Samples of returns of chats: into an area that they had left, or into its queue."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP FUNCTION report_samples(bigint[], text[]), report_moves(bigint[], text[]);
ALTER FUNCTION report_measured(bigint[], text[]) RENAME TO report_samples;
DELETE FROM report_sample WHERE metric IN ('left', 'requeues');
"""


def moves() -> str:
    """Returns the functions with their shared parts."""
    parts = (SQL / "0006_parts.sql").read_text()
    return (SQL / "0008_moves.sql").read_text().replace("{parts}", parts)


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_one_statement")]
    operations = [migrations.RunSQL(moves(), BACKWARD)]
