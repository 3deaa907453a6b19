"""Stores the presence of operators by day; a late change of a span marks its days."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP TRIGGER report_mark_deleted ON areas_presencespan;
DROP TRIGGER report_mark_new ON areas_presencespan;
DROP TRIGGER report_mark ON areas_presencespan;
DROP FUNCTION report_mark_presence();
"""
# Days with summaries have no presence yet.
ANEW = "UPDATE report_settled SET summaries_until = NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0010_summaries"),
        ("areas", "0014_spans_by_end"),
    ]
    operations = [
        migrations.CreateModel(
            name="PresenceDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("manager_id", models.BigIntegerField()),
                ("operator_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("state", models.CharField(max_length=7)),
                ("reason", models.CharField(max_length=32)),
                ("n", models.IntegerField()),
                ("micros", models.BigIntegerField()),
                ("busy", models.BigIntegerField()),
                ("held", models.BigIntegerField()),
            ],
            options={
                "db_table": "report_presence",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "manager_id", "state", "day", "operator_id", "reason",
                        ),
                        include=("n", "micros", "busy", "held"),
                        name="report_presence_is_unique",
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "0010_presence.sql").read_text(), BACKWARD),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
