"""The worker's nightly backup: started when due, in a separate process.

In a separate process, a long dump delays neither the worker nor its shutdown; the
process ends with the worker, even if that is killed.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

from hci_center.backups.making import LOCK
from hci_center.backups.models import Backup
from hci_center.backups.records import latest
from hci_center.local import paths

logger = logging.getLogger(__name__)

# How long after the due time it is still started, for a machine that was off.
BEGUN_WITHIN = timedelta(hours=8)
# The maximum number of failures per night, and the delay between attempts.
MOST_TRIES = 3
PAUSE = timedelta(minutes=20)


class NightlyError(Exception):
    """The nightly backup or its rehearsal failed; the row has the reason."""


class _Child:
    """The process that makes the backup; it may be ended from any thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def run(self) -> int:
        """Returns the exit status; 0 without running if the worker is stopping."""
        if self._stopping.is_set():
            return 0
        self._process = subprocess.Popen(
            [sys.executable, str(paths.BASE_DIR / "manage.py"), "backup", "--nightly"],
            cwd=paths.BASE_DIR,
            # The closed pipe tells the process that the worker has ended, in whatever
            # way.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        if self._stopping.is_set():
            self._process.terminate()
        with self._process:
            status = self._process.wait()
        self._process = None
        return 0 if self._stopping.is_set() else status

    def stop(self) -> None:
        self._stopping.set()
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.terminate()


_child = _Child()


def run_if_due() -> bool:
    """Makes this night's backup if due; returns whether it was.

    Raises NightlyError if the backup or its rehearsal failed.
    """
    night = due_night(timezone.now())
    if night is None or _is_running():
        return False
    connection.close()
    if _child.run() != 0:
        known = latest()
        raise NightlyError(known.error or known.rehearsal_error or "it was killed")
    return True


def stop() -> None:
    """Aborts a backup in progress; the next worker makes it."""
    _child.stop()


def due_night(now: datetime) -> date | None:
    """Returns the night whose backup is due now, or None."""
    if settings.BACKUP_AT is None:
        return None
    zone = ZoneInfo(settings.TIME_ZONE)
    local = now.astimezone(zone)
    begins = datetime.combine(local.date(), settings.BACKUP_AT, zone)
    if begins > local:
        begins -= timedelta(days=1)
    if local - begins > BEGUN_WITHIN:
        return None
    night = begins.date()
    tries = Backup.objects.filter(night=night).order_by("-began_at")
    last = tries.first()
    if last is None:
        return night
    if last.ended_at is not None and not last.error:
        return None
    if tries.count() >= MOST_TRIES or now - last.began_at < PAUSE:
        return None
    return night


def _is_running() -> bool:
    """Returns whether any machine is making a backup now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return True
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return False
