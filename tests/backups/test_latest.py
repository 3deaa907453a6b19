"""The state of the latest backup, and how the wall and the back-office show it."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from chats.worker import backlog_metrics
from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.making import reason_of
from hci_center.backups.manifests import read_manifest
from hci_center.backups.models import Backup
from hci_center.backups.records import latest
from hci_center.doctor import running
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_supervisor

pytestmark = pytest.mark.django_db


def made(hours, **more):
    at = timezone.now() - timedelta(hours=hours)
    values = {"began_at": at, "ended_at": at, "place": "/b", "name": f"{at:%d%H%M%S}"}
    return Backup.objects.create(**values | more)


def tile(client):
    tiles = client.get("/admin/live/").context["panel"].tiles
    return next((each for each in tiles if each.name == "backup"), None)


@pytest.fixture
def desk(manager):
    user = make_supervisor(manager)
    user.is_superuser = True
    user.save()
    return sign_in_to_admin(user)


def test_without_a_backup_the_tile_has_a_dash_and_no_warning(desk):
    assert (tile(desk).oldest, tile(desk).is_warning) == (None, False)
    page = desk.get("/admin/live/").content.decode()
    assert '<spanclass="bo-number">–</span>' in "".join(page.split())  # noqa: RUF001
    # The other tiles show numbers, also zero.
    assert page.count('<span class="bo-number ">0</span>') > 5
    assert not latest().is_good


def test_the_latest_existing_backup_counts(desk):
    made(30, rehearsal="failed", rehearsal_error="no")
    newest = made(5, rehearsal="passed")
    shown = tile(desk)
    assert shown.oldest == newest.began_at
    assert (shown.note, shown.is_warning) == ("restoring it was rehearsed", False)
    assert latest().is_good


def test_a_later_failed_attempt_is_shown(desk):
    made(5)
    made(1, error="The disk is full.")
    assert latest().error == "The disk is full."
    assert tile(desk).is_warning
    made(0.5)
    assert latest().error == ""


def test_a_missed_night_is_shown_if_backups_are_planned(desk, settings):
    made(30)
    assert latest().is_good
    settings.BACKUP_AT = time(3)
    assert latest().is_late
    assert tile(desk).note == "one is missing"


def test_a_failed_test_restore_is_shown(desk):
    made(1, rehearsal="failed", rehearsal_error="12 rows are missing")
    assert tile(desk).is_warning
    page = desk.get(tile(desk).link)
    assert "failed" in page.content.decode()
    row = page.context["cl"].result_list[0]
    detail = desk.get(f"/admin/backups/backup/{row.pk}/change/")
    assert "12 rows are missing" in detail.content.decode()


def test_a_supervisor_does_not_see_it(manager):
    made(1)
    desk = sign_in_to_admin(make_supervisor(manager))
    assert tile(desk) is None
    assert desk.get("/admin/backups/backup/").status_code in (302, 403)


# The alert and the doctor --------------------------------------------------------


def age_in_metrics():
    [family] = backlog_metrics._backups()
    [sample] = family.samples
    return sample.value


def installed(days):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_migrations SET applied = now() - make_interval(days => %s)",
            [days],
        )


def test_without_a_backup_the_age_is_that_of_the_installation():
    installed(3)
    assert age_in_metrics() == pytest.approx(3 * 86_400, abs=60)
    made(5)
    assert age_in_metrics() == pytest.approx(5 * 3600, abs=60)


def test_the_doctor_requires_a_backup_after_the_first_night(settings):
    settings.BACKUP_AT = None
    installed(3)
    [finding] = running.backup()
    assert (finding.state, finding.text) == ("warning", "No backup is known.")
    settings.BACKUP_AT = time(3)
    assert [each.state for each in running.backup()] == ["error"]
    installed(1)
    assert [each.state for each in running.backup()] == ["warning"]


def test_reasons_are_translated_into_portuguese(tmp_path):
    with translation.override("pt-br"):
        with pytest.raises(BackupError, match=r"^Não há backup .* em "):
            read_manifest(Folder(tmp_path), "20260101T000000Z", None)
        assert reason_of(OSError(28, "x")).startswith("Não há mais espaço: ")
        assert reason_of(ValueError()) == "Um erro deste programa: ValueError"
