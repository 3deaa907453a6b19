"""Files in the forms that gateways take."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chats', '0016_gateway_notices'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConvertedFile',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='converted_file', serialize=False, to='chats.message')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('gateway', models.CharField(blank=True, default='', max_length=16)),
                ('kind', models.CharField(blank=True, default='', max_length=8)),
                ('file', models.FileField(blank=True, default='', max_length=200, upload_to='')),
                ('mime', models.CharField(blank=True, default='', max_length=100)),
                ('size', models.PositiveIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('made_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'converted file',
                'verbose_name_plural': 'converted files',
                'indexes': [models.Index(condition=models.Q(('made_at__isnull', True)), fields=['next_at'], name='conversions_due')],
            },
        ),
    ]
