from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("managers", "0005_rules")]
    operations = [
        migrations.AddField(
            model_name="supervision",
            name="reads_only",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="reads only"
            ),
        ),
    ]
