"""Stores open chats, too, whose episodes have no end yet."""

from django.db import migrations, models


# Only closed episodes, as before.
BACKWARD = """
DELETE FROM report_sample WHERE is_open;
DELETE FROM report_episode WHERE ends IS NULL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0008_deliveries'),
    ]

    operations = [
        migrations.CreateModel(
            name='OpenChat',
            fields=[
                ('chat_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('manager_id', models.BigIntegerField()),
                ('line_id', models.BigIntegerField()),
                ('message_id', models.BigIntegerField()),
            ],
            options={
                'db_table': 'report_open',
            },
        ),
        migrations.AddField(
            model_name='sample',
            name='is_open',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='episode',
            name='day',
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name='episode',
            name='ends',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='episode',
            name='hour',
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='episode',
            name='outcome',
            field=models.CharField(max_length=10, null=True),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, BACKWARD),
    ]
