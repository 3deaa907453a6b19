"""Counts the calls of each key per day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('managers', '0007_frozen_clients'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('calls', models.BigIntegerField()),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='managers.apikey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'day'), name='one_count_a_key_and_day')],
            },
        ),
    ]
