"""What the commands of backups refuse before they do anything."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("keep", ["0", "-1", "-5", "10001", "two", "", "²"])
def test_a_backup_keeps_at_least_itself(monkeypatch, keep):
    monkeypatch.setattr(
        "hci_center.backups.management.commands.backup.make_backup",
        lambda *_: pytest.fail("it made a backup"),
    )
    with pytest.raises(CommandError, match="--keep"):
        call_command("backup", f"--keep={keep}")


def test_an_empty_name_does_not_verify_the_database(tmp_path, settings):
    settings.BACKUP_DIR = tmp_path
    with pytest.raises(CommandError, match=str(tmp_path)):
        call_command("verify", "")
