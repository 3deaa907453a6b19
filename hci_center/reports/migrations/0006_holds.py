"""Keeps holds as samples too, from which the load of operators is computed."""

from importlib import import_module

from django.db import migrations

results = import_module("hci_center.reports.migrations.0005_one_statement").results
_BEFORE = """
DROP FUNCTION report_samples(bigint[], text[]), report_episodes(bigint[], boolean),
  report_chat_messages(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_one_statement"),
        ("areas", "0009_console_settings"),
    ]
    operations = [migrations.RunSQL(_BEFORE + results(), migrations.RunSQL.noop)]
