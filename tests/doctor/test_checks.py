"""Each error that `manage.py doctor` finds."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation

from hci_center.backups.models import Backup
from hci_center.doctor import checklist, configuration, database, external, running
from hci_center.doctor.findings import Check, examine
from hci_center.local import secret_check
from tests import builders
from tests.chats.conftest import controller, queue

__all__ = ["controller"]

pytestmark = pytest.mark.django_db


def states(check):
    return [finding.state for finding in check()]


def only(check):
    [finding] = check()
    return finding


def test_a_valid_database_is_ok():
    for check in (
        database.server,
        database.extensions,
        database.connections,
        database.migrations,
        database.health,
        database.clock,
    ):
        assert states(check) == ["ok"], check


def test_a_setting_that_loses_data_is_an_error(monkeypatch):
    # The servers of tests have others of its kind.
    [one] = [each for each in database._SETTINGS if each[0] == "synchronous_commit"]
    monkeypatch.setattr(database, "_SETTINGS", (one,))
    for value, state in (("off", "error"), ("on", "ok")):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL synchronous_commit = {value}")
        finding = only(database.server_settings)
        assert finding.state == state
        assert bool(finding.remedy) == (state == "error")


def test_a_missing_migration_is_an_error():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'chats'")
    finding = only(database.migrations)
    assert finding.state == "error"
    assert "manage.py migrate" in finding.remedy


@pytest.mark.parametrize(("by", "state"), [(5, "warning"), (-3600, "error")])
def test_a_wrong_clock_is_found(monkeypatch, by, state):
    now = database.time.time
    monkeypatch.setattr(database.time, "time", lambda: now() + by)
    assert only(database.clock).state == state


def test_secrets_are_shown_as_fingerprints(settings):
    found = list(configuration.secrets())
    assert {finding.state for finding in found} == {"ok"}
    text = " ".join(finding.text for finding in found)
    assert configuration.fingerprint(settings.SECRET_KEY) in text
    for secret in (settings.SECRET_KEY, *settings.TOKEN_KEYS):
        assert secret not in text


def test_secrets_of_another_database_are_an_error(settings):
    secret_check.check_secrets(lambda _text: None)
    settings.SECRET_KEY = "another-key-of-more-than-thirty-two-characters"
    finding = next(iter(configuration.secrets()))
    assert finding.state == "error"
    assert "HCI_SECRET_KEY_FALLBACKS" in finding.remedy


def test_a_misspelt_variable_is_named(monkeypatch):
    monkeypatch.setenv("HCI_WEB_TREADS", "8")
    texts = [finding.text for finding in configuration.unread()]
    assert any("HCI_WEB_TREADS" in text for text in texts)


def test_a_key_that_expires_soon_is_a_warning(manager):
    builders.make_key(manager, expires_at=timezone.now() + timedelta(days=3))
    assert "warning" in states(configuration.access)


def test_gateways_are_checked(manager, controller):
    manager.facebook_id = None
    manager.save()
    assert only(external.gateways).state == "ok"
    controller.__exit__(None, None, None)
    finding = only(external.gateways)
    assert finding.state == "warning"
    assert "127.0.0.1" in finding.text


def ends_in(days):
    return lambda _host, _port: datetime.now(UTC) + timedelta(days=days, hours=1)


def refused(_host, _port):
    error = ssl.SSLCertVerificationError()
    error.verify_message = "certificate has expired"
    raise error


def away(_host, _port):
    raise TimeoutError


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (ends_in(80), "ok"),
        (ends_in(5), "warning"),
        (refused, "error"),
        (away, "warning"),
    ],
)
def test_the_certificate_is_checked(settings, monkeypatch, answer, state):
    settings.PUBLIC_URL = "https://centre.example"
    monkeypatch.setattr(external, "certificate_end", answer)
    assert only(external.certificate).state == state


def test_an_unavailable_redis_is_a_warning(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    assert only(external.redis_server).state == "warning"


def test_backups_are_checked():
    assert only(running.backup).state == "warning"
    made = timezone.now() - timedelta(hours=3)
    row = Backup.objects.create(
        name="20261129T030000Z", place="x", began_at=made, ended_at=made
    )
    assert only(running.backup).state == "ok"
    Backup.objects.filter(pk=row.pk).update(began_at=made - timedelta(days=2))
    assert only(running.backup).state == "warning"
    Backup.objects.create(
        name="20261130T030000Z", place="x", began_at=made, error="no room"
    )
    assert "no room" in next(iter(running.backup())).text


def test_missing_processes_are_found(settings, contact):
    assert only(running.worker).state == "error"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE change_pace SET at = now() - interval '1 minute'")
    assert only(running.relay).state == "error"
    settings.PORT = 1
    assert only(running.web).state == "warning"
    message = queue(contact)
    message.delivery.queued_at = timezone.now() - timedelta(hours=1)
    message.delivery.save()
    assert only(running.waiting).state == "warning"


def test_a_check_that_fails_is_reported():
    def breaks():
        raise ZeroDivisionError("secret of a customer")

    [(name, finding)] = examine([Check("odd", breaks)], has_database=True)
    assert (name, finding.state) == ("odd", "error")
    assert "ZeroDivisionError" in finding.text
    assert "secret" not in finding.text


@pytest.fixture
def few(monkeypatch):
    """Only one check, so that what is printed is known."""

    def choose(ask):
        monkeypatch.setattr(checklist, "CHECKS", (Check("clock", ask),))

    return choose


def printed(*arguments):
    out = StringIO()
    status = 0
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        status = ended.code
    return status, out.getvalue()


def test_both_languages_and_exit_status_1_for_an_error(few, monkeypatch):
    few(database.clock)
    assert printed("--language", "en")[0] == 0
    now = database.time.time
    monkeypatch.setattr(database.time, "time", lambda: now() + 3600)
    status, english = printed("--language", "en")
    assert status == 1
    assert english.startswith("error ")
    assert "→ Synchronise" in english
    portuguese = printed("--language", "pt-br")[1]
    assert portuguese.startswith("erro ")
    assert "Synchronise" not in portuguese
    status, text = printed("--json")
    assert status == 1
    found = json.loads(text)
    assert found["status"] == "error"
    assert found["checks"][0]["check"] == "clock"


def test_every_check_has_a_portuguese_sentence():
    with translation.override("pt-br"):
        assert "PostgreSQL" in only(database.server).text
        assert only(database.extensions).text != "All extensions are there."


def test_without_a_database_it_says_so_without_a_traceback(tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json", "--language", "en"],
        env=os.environ
        | {
            "HCI_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgres://x:y@127.0.0.1:1/z",
            "HCI_PORT": "1",
            "HCI_FEED_PORT": "2",
        },
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    found = {each["check"]: each for each in json.loads(ended.stdout)["checks"]}
    assert found["database"]["state"] == "error"
    assert "migrations" not in found
    assert found["disk"]["state"] == "ok"
