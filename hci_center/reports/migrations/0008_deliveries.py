"""Stores the deliveries of each day; a late change of one marks its day."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP TRIGGER report_mark_deleted ON chats_delivery;
DROP TRIGGER report_mark ON chats_delivery;
DROP FUNCTION report_mark_delivery(), report_millis(interval), report_step(bigint);
"""
_ID = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0007_holds"),
        ("chats", "0043_failed_deliveries"),
    ]
    operations = [
        migrations.AddField(
            "settledhours", "deliveries_until", models.DateTimeField(null=True)
        ),
        migrations.CreateModel(
            name="DeliveryDay",
            fields=[
                ("id", _ID),
                ("manager_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("channel", models.CharField(max_length=8)),
                ("part", models.CharField(max_length=9)),
                ("code", models.CharField(max_length=32)),
                ("step", models.SmallIntegerField()),
                ("count", models.IntegerField()),
                (
                    "millis",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
            ],
            options={
                "db_table": "report_delivery",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "manager_id", "day", "channel", "part", "step", "code",
                        ),
                        name="report_delivery_is_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DirtyDelivery",
            fields=[
                ("id", _ID),
                ("manager_id", models.BigIntegerField()),
                ("queued_at", models.DateTimeField()),
            ],
            options={"db_table": "report_dirty_delivery"},
        ),
        migrations.RunSQL((SQL / "0009_deliveries.sql").read_text(), BACKWARD),
    ]
