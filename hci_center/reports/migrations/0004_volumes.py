"""Hourly counts of messages and new contacts, and the states of accounts over time."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP FUNCTION report_sessions(bigint[]),
  report_unsettled(bigint[], timestamptz, timestamptz),
  report_new_contacts(bigint[], timestamptz, timestamptz, bigint),
  report_messages(bigint[], timestamptz, timestamptz, boolean),
  report_volumes(bigint[], timestamptz, timestamptz, boolean, bigint),
  report_days(bigint[], date, date), report_zones(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0003_estimates"),
        ("legacy", "0001_initial"),
        ("chats", "0042_indexes_of_reports"),
    ]
    operations = [
        migrations.CreateModel(
            name="SettledHours",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("stamped_from", models.DateTimeField()),
                ("contact_after", models.BigIntegerField()),
            ],
            options={
                "db_table": "report_settled",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(id=1), name="report_settled_once"
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "0005_volumes.sql").read_text(), BACKWARD),
    ]
