from django.db import migrations, models

from hci_center.database.indexes import BuildIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reports", "0011_presence")]
    operations = [
        BuildIndexConcurrently(
            model_name="dirtyday",
            index=models.Index(fields=["manager_id", "day"], name="report_dirty_days"),
        ),
        BuildIndexConcurrently(
            model_name="deliveryday",
            index=models.Index(
                fields=["part", "step", "day"], name="report_delivery_by_step"
            ),
        ),
    ]
