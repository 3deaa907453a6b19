"""Gives the planner estimates of the rows that the functions return."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_functions")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_estimates.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
