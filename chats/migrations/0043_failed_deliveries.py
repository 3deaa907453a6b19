"""Indexes failed deliveries, for the live wall."""


from django.db import migrations, models

from hci_center.database.indexes import BuildIndexConcurrently


class Migration(migrations.Migration):
    # Indexes can be built concurrently only outside of a transaction.
    atomic = False
    dependencies = [
        ("chats", "0042_indexes_of_reports"),
        ("contacts", "0011_consents"),
        ("managers", "0005_rules"),
    ]
    operations = [
        BuildIndexConcurrently(
            "delivery",
            models.Index(
                condition=models.Q(("failed_at__isnull", False)),
                fields=["manager", "failed_at"],
                name="deliveries_failed",
            ),
        ),
    ]
