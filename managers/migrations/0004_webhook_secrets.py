import hmac
from typing import Any

import django.db.models.deletion
import django.utils.timezone
import hci_center.encryption
from django.conf import settings
from django.db import migrations, models


SOURCES = ("evolution", "wppconnect")


def keep_addresses(apps: Any, schema_editor: Any) -> None:
    """Keeps the URLs given to gateways, which were derived from HCI_SECRET_KEY."""
    Manager = apps.get_model("managers", "Manager")
    WebhookSecret = apps.get_model("managers", "WebhookSecret")
    managers = Manager.objects.values_list("pk", flat=True)
    WebhookSecret.objects.bulk_create(
        (
            WebhookSecret(manager_id=pk, source=source, secret=earlier(source, pk))
            for pk in managers.iterator()
            for source in SOURCES
        ),
        batch_size=1000,
    )


def earlier(source: str, manager_id: int) -> str:
    key = b"webhook:" + settings.SECRET_KEY.encode()
    said = f"{source}:{manager_id}".encode()
    return hmac.digest(key, said, "sha256").hex()[:40]


class Migration(migrations.Migration):

    dependencies = [
        ('managers', '0003_tell_of_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=16)),
                ('secret', hci_center.encryption.EncryptedTextField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('manager', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='managers.manager')),
            ],
            options={
                'verbose_name': 'webhook secret',
                'verbose_name_plural': 'webhook secrets',
                'indexes': [models.Index(fields=['manager', 'source'], name='webhook_secrets_of_manager')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_at__isnull', True)), fields=('manager', 'source'), name='one_present_webhook_secret')],
            },
        ),
        migrations.RunPython(keep_addresses, migrations.RunPython.noop),
    ]
