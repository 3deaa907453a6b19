"""Checks that migrations do not lock tables in use.

Runs on a temporary database: `python -m hci_center.local.test_servers python
bin/migration_locks.py`. Prints problems, and fails if there are any.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Ignored: they belong to the first version (no installation has tables that they could
# lock), or create a table that the linter does not recognize.
OF_FIRST_VERSION = (
    "0001_change_log",
    "0001_lines",
    "0002_changes",
    "0002_initial",
    "0002_what_an_answer_is_about",
    "0003_remake_older_log",
    "0003_sign_in_failure_age",
    "0004_gateway_sessions_and_events",
    "0005_string_ids_are_unique",
    "0007_deliveries_in_their_order",
    "0008_additional_kinds",
    "0010_areas_put_away",
    "0010_message_details",
    "0010_search",
    "0011_ledger_composite_keys",
    "0011_presence",
    "0012_order_of_resent_deliveries",
    "0013_open_sockets",
    "0023_chats_as_consoles_list_them",
    "0027_files_of_replies",
    "0028_search",
    "0032_idle_chats",
    "0037_scheduled_of_contact",
    "0038_clocks_a_moment_later",
    "0042_indexes_of_reports",
)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    import django

    django.setup()
    from django.apps import apps
    from django_migration_linter import MigrationLinter

    ours = [
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(ROOT)
        and ".venv" not in Path(config.path).relative_to(ROOT).parts
    ]
    linter = MigrationLinter(
        str(ROOT),
        include_apps=ours,
        ignore_name=OF_FIRST_VERSION,
        analyser_string="postgresql",
        all_warnings_as_errors=True,
        no_cache=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    if linter.has_errors:
        linter.print_summary()
    # Obsolete names could hide a later migration.
    gone = {*OF_FIRST_VERSION} - {
        name for _, name in linter.migration_loader.disk_migrations
    }
    if gone:
        sys.exit(f"No migration is named {', '.join(sorted(gone))}")
    sys.exit(linter.has_errors)


if __name__ == "__main__":
    main()
