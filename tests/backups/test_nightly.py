"""The worker makes a backup each night in its own process, and test-restores it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

import pytest
from django.db import connection
from django.utils import timezone

from chats.worker.registered_jobs import registered
from hci_center.backups import nightly
from hci_center.backups.making import LOCK
from hci_center.backups.models import Backup
from tests import builders
from tests.backups.test_making import wait_for
from tests.feed.processes import database_url

# In São Paulo it is three hours earlier.
THREE = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 29).date()  # noqa: DTZ001 - a date


def tried(at, **more):
    values = {"name": f"{at:%Y%m%dT%H%M%SZ}", "place": "/b", "night": NIGHT}
    return Backup.objects.create(began_at=at, **values | more)


@pytest.mark.django_db
def test_when_a_night_is_due(settings):
    assert nightly.due_night(THREE) is None
    settings.BACKUP_AT = time_of_day(3)
    assert nightly.due_night(THREE - timedelta(minutes=1)) is None
    assert nightly.due_night(THREE) == NIGHT
    assert nightly.due_night(THREE + timedelta(hours=7)) == NIGHT
    assert nightly.due_night(THREE + timedelta(hours=9)) is None
    tried(THREE)
    assert nightly.due_night(THREE + timedelta(minutes=5)) is None
    later = THREE + timedelta(minutes=30)
    assert nightly.due_night(later) == NIGHT
    tried(later, ended_at=later, error="No room.")
    tried(later + timedelta(minutes=30), error="No room.")
    assert nightly.due_night(later + timedelta(hours=2)) is None
    Backup.objects.all().delete()
    tried(THREE, ended_at=THREE)
    assert nightly.due_night(later) is None


@pytest.fixture
def planned(settings, monkeypatch, tmp_path):
    now = timezone.localtime()
    settings.BACKUP_AT = now.time().replace(second=0, microsecond=0)
    monkeypatch.setenv("HCI_BACKUP_KEY", "")
    monkeypatch.setenv("HCI_BACKUP_AT", f"{now:%H:%M}")
    monkeypatch.setenv("HCI_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setenv("DATABASE_URL", database_url(connection.settings_dict))
    monkeypatch.setattr(nightly, "_child", nightly._Child())
    return tmp_path / "backups"


@pytest.mark.django_db(transaction=True)
def test_it_is_made_and_test_restored_once(planned):
    builders.make_bakery()
    [job] = [each for each in registered() if each.name == "backup"]
    assert job.call() is True
    backup = Backup.objects.get()
    assert (backup.error, backup.rehearsal) == ("", "passed"), backup.rehearsal_error
    assert (planned / backup.name / "manifest.json").exists()
    assert job.call() is False


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneous_workers_makes_it(planned, monkeypatch):
    """The other one reports no failure and makes no second backup of the night."""
    from hci_center.backups.connections import connect

    # The state before the other one began.
    monkeypatch.setattr(nightly, "_is_running", lambda: False)
    with connect(autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        nightly.run_if_due()
    assert not Backup.objects.exists()
    now = timezone.now()
    night = nightly.due_night(now)
    tried(now, night=night, ended_at=now)
    monkeypatch.setattr(nightly, "due_night", lambda _now: night)
    nightly.run_if_due()
    assert Backup.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_stopping_worker_ends_the_backup_process(planned):
    from hci_center.backups.connections import connect

    with connect() as database:
        database.execute("LOCK TABLE chats_message IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        wait_for(lambda: list(planned.glob(".unfinished-*/database.dump")))
        began = time.monotonic()
        [job] = [each for each in registered() if each.name == "backup"]
        job.stop()
        thread.join(20)
        assert not thread.is_alive()
        assert time.monotonic() - began < 10
    assert Backup.objects.get().error == "Foi interrompido."
    assert not list(planned.glob("2*"))


def run():
    try:
        nightly.run_if_due()
    finally:
        connection.close()
