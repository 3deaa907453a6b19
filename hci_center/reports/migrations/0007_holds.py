"""Stores holds as samples, from which the load of operators is computed."""

from importlib import import_module

from django.db import migrations

results = import_module("hci_center.reports.migrations.0005_one_statement").results
_BEFORE = """
DROP FUNCTION report_measured(bigint[], text[]), report_episodes(bigint[], boolean),
  report_chat_messages(bigint[]);
ALTER FUNCTION report_samples(bigint[], text[]) RENAME TO report_samples_of_all;
"""
_AFTER = """
ALTER FUNCTION report_samples(bigint[], text[]) RENAME TO report_measured;
ALTER FUNCTION report_samples_of_all(bigint[], text[]) RENAME TO report_samples;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0006_moves"),
        ("areas", "0009_console_settings"),
    ]
    operations = [
        migrations.RunSQL(_BEFORE + results() + _AFTER, migrations.RunSQL.noop)
    ]
