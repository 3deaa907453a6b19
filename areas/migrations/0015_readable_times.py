"""Refuses times that programs cannot read, such as `infinity`."""

from django.db import migrations

from hci_center.database.readable_times import require_readable_times


class Migration(migrations.Migration):
    # Rows are checked while others write.
    atomic = False

    dependencies = [("areas", "0014_spans_by_end")]
    operations = [
        *require_readable_times("areas_availability", ["since"]),
        *require_readable_times(
            "areas_presencespan", ["started_at", "seen_at"], ["ended_at"]
        ),
    ]
