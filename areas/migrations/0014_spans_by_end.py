from django.db import migrations, models

from hci_center.database.indexes import BuildIndexConcurrently


class Migration(migrations.Migration):
    # Built concurrently, so that presence can be written meanwhile.
    atomic = False

    dependencies = [("areas", "0013_planned_policies")]
    operations = [
        BuildIndexConcurrently(
            model_name="presencespan",
            index=models.Index(fields=["ended_at"], name="spans_by_end"),
        ),
    ]
