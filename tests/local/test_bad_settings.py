"""Invalid settings end every command with one sentence and exit status 2."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HCI_PORT", "x", "HCI_PORT is 'x'; it must be a number."),
        ("HCI_PORT", "0", "HCI_PORT is 0; it must be from 1 to 65535."),
        ("HCI_PORT", "65535", "HCI_FEED_PORT is 65536; it must be from 1 to 65535."),
        ("HCI_WEB_THREADS", "0", "HCI_WEB_THREADS is 0; it must be from 1 to 256."),
        ("HCI_DEMO", "maybe", "HCI_DEMO is 'maybe'; it must be 1 or 0."),
        ("HCI_LARGEST_FILE", "-1", "HCI_LARGEST_FILE is '-1'; it must be a number."),
        (
            "HCI_WEB_LOCK_SECONDS",
            "soon",
            "HCI_WEB_LOCK_SECONDS is 'soon'; it must be a number of seconds.",
        ),
        (
            "DATABASE_URL",
            "foo:hidden",
            "DATABASE_URL is no PostgreSQL address; it must look like"
            " postgres://user:password@host:5432/name.",
        ),
        (
            "REDIS_URL",
            "foo",
            "REDIS_URL is no address; it must begin with redis:// or rediss://"
            " or unix://.",
        ),
        (
            "HCI_PUBLIC_URL",
            "centre.example",
            "HCI_PUBLIC_URL is no address; it must begin with http:// or https://.",
        ),
        ("HCI_SECRET_KEY", "x", "HCI_SECRET_KEY needs 32 characters or more."),
        (
            "HCI_BACKUP_AT",
            "3 a.m.",
            "HCI_BACKUP_AT is '3 a.m.'; it must be a time such as 03:00.",
        ),
        (
            "HCI_BACKUP_KEY",
            "secret",
            "HCI_BACKUP_KEY is no key of age (AGE-SECRET-KEY-1…): "
            "manage.py backup --new-key makes one.",
        ),
        (
            "HCI_BACKUP_KEY",
            "AGE-SECRET-KEY-1XYZ",
            "HCI_BACKUP_KEY is no key of age (AGE-SECRET-KEY-1…): "
            "manage.py backup --new-key makes one.",
        ),
        ("HCI_METRICS_KEY", " " * 20, "HCI_METRICS_KEY holds nothing but spaces."),
        (
            "HCI_SECRET_KEY_FILE",
            "/nowhere",
            "HCI_SECRET_KEY_FILE names /nowhere, which cannot be read: No such file or "
            "directory.",
        ),
    ],
)
def test_an_invalid_setting_is_one_sentence(tmp_path, name, value, sentence):
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        env=os.environ | {"HCI_DATA_DIR": str(tmp_path), name: value},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr.strip()) == (2, sentence)
