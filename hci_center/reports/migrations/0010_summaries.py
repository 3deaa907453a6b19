"""Stores summaries of samples; samples of `tma` have whether they were moved on."""

from importlib import import_module

import django.contrib.postgres.fields
from django.db import migrations, models

results = import_module("hci_center.reports.migrations.0005_one_statement").results
_BEFORE = """
DROP FUNCTION report_measured(bigint[], text[]), report_episodes(bigint[], boolean),
  report_chat_messages(bigint[]);
ALTER FUNCTION report_samples(bigint[], text[]) RENAME TO report_samples_of_all;
"""
_AFTER = """
ALTER FUNCTION report_samples(bigint[], text[]) RENAME TO report_measured;
ALTER FUNCTION report_samples_of_all(bigint[], text[]) RENAME TO report_samples;
"""
_NUMBERS = django.contrib.postgres.fields.ArrayField(
    base_field=models.IntegerField(), size=None
)
_ID = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0009_open_chats")]
    operations = [
        migrations.AddField(
            "settledhours", "summaries_until", models.DateField(null=True)
        ),
        migrations.CreateModel(
            name="Summary",
            fields=[
                ("id", _ID),
                ("manager_id", models.BigIntegerField()),
                ("metric", models.CharField(max_length=16)),
                ("part", models.CharField(max_length=8)),
                ("day", models.DateField()),
                ("days", models.SmallIntegerField()),
                ("part_id", models.BigIntegerField()),
                ("channel", models.CharField(max_length=8)),
                ("mark", models.SmallIntegerField(null=True)),
                ("met", models.SmallIntegerField(null=True)),
                ("n", models.IntegerField()),
                ("seconds", _NUMBERS),
                ("counts", _NUMBERS),
                ("business", _NUMBERS),
                ("business_counts", _NUMBERS),
            ],
            options={
                "db_table": "report_summary",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "manager_id", "metric", "part", "day", "part_id", "channel",
                            "mark", "met",
                        ),
                        nulls_distinct=False,
                        name="report_summary_is_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DirtyDay",
            fields=[
                ("id", _ID),
                ("manager_id", models.BigIntegerField()),
                ("day", models.DateField()),
            ],
            options={"db_table": "report_dirty_day"},
        ),
        migrations.RunSQL(_BEFORE + results() + _AFTER, migrations.RunSQL.noop),
    ]
