"""A process that cannot start ends with one sentence, never a traceback."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as settings_of_project
from django.core.exceptions import ImproperlyConfigured

from hci_center.listening import listening_socket
from hci_center.local.folders import prepare_folders
from hci_center.local.refused_start import exit_on_configuration_error, sentence_of
from tests.faults.small_disks import small_disk

WEB = ("-m", "hci_center.webserver.server")
GIVEN = {
    "DATABASE_URL": "postgres://x:y@127.0.0.1:1/z",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "HCI_PUBLIC_URL": "https://centre.example",
    "HCI_SECRET_KEY": secrets.token_urlsafe(48),
    "HCI_TOKEN_KEYS": Fernet.generate_key().decode(),
    "HCI_TRUSTED_PROXIES": "10.0.0.1",
}


def ended(*command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | GIVEN | environment,
        cwd=settings_of_project.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        (WEB, {"HCI_PORT": "x"}, "HCI_PORT is 'x'; it must be a number."),
        (WEB, {"HCI_HOST": "nowhere.invalid"}, "nowhere.invalid:"),
        (WEB, {"PGSSLMODE": "always"}, "DATABASE_URL holds an invalid value: "),
        (
            ("manage.py", "serve_feed"),
            {"HCI_SENTRY_DSN": "foo"},
            "HCI_SENTRY_DSN is no DSN",
        ),
        (
            ("manage.py", "serve"),
            {"HCI_DATA_DIR": "/etc/passwd", "DATABASE_URL": "", "HCI_SECRET_KEY": ""},
            "HCI_DATA_DIR is /etc/passwd, which cannot be used",
        ),
    ],
)
def test_a_process_that_cannot_start_ends_with_a_sentence(
    tmp_path, command, environment, said
):
    found = ended(*command, **{"HCI_DATA_DIR": str(tmp_path), **environment})
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    # The database of these settings is unavailable, which does not end it.
    away = "The database does not answer yet"
    lines = [each for each in found.stderr.splitlines() if not each.startswith(away)]
    assert len(lines) == 1


def test_the_settings_of_production_have_no_warning(tmp_path):
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    found = ended(*check, HCI_DATA_DIR=str(tmp_path))
    assert (found.returncode, found.stderr) == (0, "")


def test_secrets_that_are_missing_fail_the_check(tmp_path):
    """Secrets for another server's database are not generated on this machine."""
    missing = {"HCI_SECRET_KEY": "", "HCI_TOKEN_KEYS": ""}
    check = ("manage.py", "check", "--deploy")
    found = ended(*check, HCI_DATA_DIR=str(tmp_path), **missing)
    assert found.returncode == 1
    assert "(local.E001) HCI_SECRET_KEY is not set." in found.stderr
    assert "(local.E001) HCI_TOKEN_KEYS is not set." in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImproperlyConfigured("HCI_X is wrong."), "HCI_X is wrong."),
        (ModuleNotFoundError("no", name="storages.backends"), "requirements-s3.txt"),
        (
            PermissionError(errno.EACCES, "Permission denied", "{data}/secrets"),
            "HCI_DATA_DIR",
        ),
        (FileNotFoundError(errno.ENOENT, "No such file", "{data}"), "HCI_DATA_DIR"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/other"), None),
        (OSError(errno.ENOSPC, "No space left on device"), "Make room"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "{data}/x"), "Make room"),
        (ModuleNotFoundError("no", name="chats"), None),
        (ValueError("a defect"), None),
    ],
)
def test_known_errors_have_a_sentence(tmp_path, monkeypatch, error, said):
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "data"))
    if isinstance(error, OSError) and error.filename:
        error.filename = error.filename.format(data=tmp_path / "data")
    sentence = sentence_of(error)
    assert (said in sentence) if said else sentence is None


def test_an_unexpected_error_has_its_traceback():
    with pytest.raises(ValueError, match="a defect"), exit_on_configuration_error():
        raise ValueError("a defect")


def test_a_taken_port_is_reported():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            ImproperlyConfigured, match=f"127.0.0.1:{port} cannot be had"
        ):
            listening_socket("127.0.0.1", port, None)


@pytest.mark.parametrize("command", [WEB, ("manage.py", "serve")])
def test_a_full_disk_is_reported(tmp_path, command):
    with small_disk(tmp_path / "disk", 1) as disk:
        data = disk.folder / "data"
        # Like a disk with space for file names, but not for content.
        (data / "secrets").mkdir(parents=True)
        disk.fill()
        given = {"DATABASE_URL": "", "HCI_SECRET_KEY": "", "HCI_TOKEN_KEYS": ""}
        if command == WEB:
            (data / "postgres").mkdir()
        found = ended(*command, HCI_DATA_DIR=str(data), **given)
        assert found.returncode == 2
        [line] = found.stderr.splitlines()
        assert line.startswith("A disk is full: No space left on device")
        assert str(data) in line
        assert list((data / "secrets").iterdir()) == []


def test_a_full_disk_for_static_files_is_reported(tmp_path, monkeypatch, settings):
    monkeypatch.setenv("HCI_DATA_DIR", str(tmp_path / "disk"))
    with small_disk(tmp_path / "disk", 1) as disk:
        settings.DATA_DIR, settings.MEDIA_ROOT = disk.folder, disk.folder / "media"
        settings.STATIC_ROOT = disk.folder / "static"
        with pytest.raises(OSError, match="No space left") as refused:
            prepare_folders()
    assert "Make room" in (sentence_of(refused.value) or "")


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} manage.py doctor; echo ended with $? >&2"
    with subprocess.Popen(
        ["/bin/sh", "-c", command],
        env=os.environ | GIVEN,
        cwd=settings_of_project.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        said = process.stderr.read().decode()
    assert said == "ended with 141\n"
