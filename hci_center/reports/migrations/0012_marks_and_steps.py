from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reports", "0011_presence")]
    operations = [
        AddIndexConcurrently(
            model_name="dirtyday",
            index=models.Index(fields=["manager_id", "day"], name="report_dirty_days"),
        ),
        AddIndexConcurrently(
            model_name="deliveryday",
            index=models.Index(
                fields=["part", "step", "day"], name="report_delivery_by_step"
            ),
        ),
    ]
