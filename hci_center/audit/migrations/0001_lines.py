from pathlib import Path

from django.db import migrations, models
from django.db.models.functions import Now

SQL = Path(__file__).resolve().parent.parent / "sql"
BACKWARD = """
DROP TABLE audit_line;
DROP FUNCTION audit_make_ahead(), audit_is_append_only();
"""


class Migration(migrations.Migration):
    """Django cannot create a partitioned table, so SQL does; Django's state has it."""

    initial = True
    dependencies = []
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL((SQL / "0001_lines.sql").read_text(), BACKWARD)],
            [
                migrations.CreateModel(
                    name="AuditLine",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("at", models.DateTimeField(db_default=Now(), verbose_name="when")),
                        ("credential", models.CharField(max_length=100, verbose_name="who")),
                        ("manager_id", models.BigIntegerField(null=True, verbose_name="manager")),
                        ("act", models.CharField(max_length=32, verbose_name="act")),
                        ("kind", models.CharField(max_length=32, verbose_name="kind")),
                        ("target", models.CharField(blank=True, default="", max_length=64, verbose_name="target")),
                        ("before", models.JSONField(null=True, verbose_name="before")),
                        ("after", models.JSONField(null=True, verbose_name="after")),
                        ("request_id", models.CharField(blank=True, default="", max_length=32)),
                        ("address", models.CharField(blank=True, default="", max_length=64, verbose_name="address")),
                    ],
                    options={"verbose_name": "audit line", "verbose_name_plural": "audit", "db_table": "audit_line"},
                )
            ],
        )
    ]
