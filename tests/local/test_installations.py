"""Commands run without their environment create no installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from hci_center.local import generated_secrets, installations

OURS = ("DATABASE_URL", "HCI_SECRET_KEY", "HCI_TOKEN_KEYS", "REDIS_URL")
WEB = ("-m", "hci_center.webserver.server")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: v for name, v in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, *command],
        env={**environment, "HCI_DATA_DIR": str(folder)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "verify"),
        ("manage.py", "backup"),
        ("manage.py", "create_api_key", "bot"),
        ("manage.py", "createsuperuser"),
        ("manage.py", "deliver_messages"),
        ("manage.py", "migrate"),
        WEB,
    ],
)
def test_a_command_creates_no_installation(tmp_path, command):
    folder = tmp_path / "new"
    ended = run(folder, *command)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"There is no installation in {folder}: set HCI_DATA_DIR")
    assert "DATABASE_URL" in line
    assert not folder.exists()


def test_doctor_reports_it(tmp_path):
    ended = run(tmp_path / "new", "manage.py", "doctor", "--language", "en")
    assert ended.returncode == 1
    assert f"There is no installation in {tmp_path / 'new'}." in ended.stdout
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "command", [("backup", "--new-key"), ("backup", "--list"), ("check",)]
)
def test_commands_that_need_no_installation_run(tmp_path, command):
    ended = run(tmp_path / "new", "manage.py", *command)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not (tmp_path / "new").exists()


def test_commands_that_may_create_one_keep_its_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.delenv("DATABASE_URL")
    name = generated_secrets.SECRET_KEY
    assert generated_secrets.generated_secret(name)
    assert generated_secrets.stored_secret(name) == ""
    monkeypatch.setattr(installations, "_may_make", True)
    made = generated_secrets.generated_secret(name)
    assert generated_secrets.stored_secret(name) == made
