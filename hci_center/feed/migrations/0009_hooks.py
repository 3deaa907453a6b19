"""Outgoing webhooks, to which the feed is pushed."""

import django.db.models.deletion
import django.utils.timezone
import hci_center.encryption
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0008_additional_kinds'),
        ('managers', '0005_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=2000, verbose_name='address')),
                ('secret', hci_center.encryption.EncryptedTextField(verbose_name='secret')),
                ('old_secret', hci_center.encryption.EncryptedTextField(blank=True, default='')),
                ('old_secret_until', models.DateTimeField(blank=True, null=True, verbose_name='old secret valid until')),
                ('kinds', models.JSONField(blank=True, default=list, verbose_name='kinds')),
                ('cursor', models.BigIntegerField(verbose_name='cursor')),
                ('epoch', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('on', 'on'), ('off', 'off')], default='on', max_length=3, verbose_name='state')),
                ('failures', models.PositiveIntegerField(default=0, verbose_name='failures')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('error', models.CharField(blank=True, default='', max_length=64, verbose_name='error')),
                ('tried_at', models.DateTimeField(blank=True, null=True, verbose_name='last attempt')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='last success')),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='next attempt')),
                ('alarmed_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('fence', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='managers.apikey', verbose_name='API key')),
            ],
            options={
                'verbose_name': 'outgoing webhook',
                'verbose_name_plural': 'outgoing webhooks',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['on', 'off'])), name='hook_is_on_or_off'), models.CheckConstraint(condition=models.Q(models.Q(('url', ''), _negated=True), models.Q(('secret', ''), _negated=True)), name='hook_has_url_and_secret')],
            },
        ),
    ]
