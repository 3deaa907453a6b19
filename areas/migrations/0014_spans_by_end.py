from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # So that presence is kept meanwhile.
    atomic = False

    dependencies = [("areas", "0013_planned_policies")]
    operations = [
        AddIndexConcurrently(
            model_name="presencespan",
            index=models.Index(fields=["ended_at"], name="spans_by_end"),
        ),
    ]
