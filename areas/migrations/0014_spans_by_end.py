from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("areas", "0013_planned_policies")]
    operations = [
        migrations.AddIndex(
            model_name="presencespan",
            index=models.Index(fields=["ended_at"], name="spans_by_end"),
        ),
    ]
