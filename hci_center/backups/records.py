"""Looks up the latest backup, its age, and the result of its rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from hci_center.backups.models import Backup

# If the latest nightly backup is older, one was missed.
LATE = timedelta(hours=26)
# Rows of backups are kept for this long, even after their files are removed.
KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest complete backup, and the latest attempt if that is later."""

    # None if there is none.
    at: datetime | None
    name: str
    place: str
    # The error of a later failed attempt; "" if there was none.
    error: str
    # The Backup.Rehearsal of the latest backup whose rehearsal was attempted.
    rehearsal: str
    rehearsed_at: datetime | None
    rehearsal_error: str
    is_scheduled: bool

    def age(self, now: datetime | None = None) -> timedelta | None:
        return None if self.at is None else (now or timezone.now()) - self.at

    @property
    def is_late(self) -> bool:
        """Whether a nightly backup is missing although HCI_BACKUP_AT is set."""
        age = self.age()
        return self.is_scheduled and (age is None or age > LATE)

    @property
    def is_good(self) -> bool:
        """Whether there is a recent one, and no later failure or failed rehearsal."""
        failed = self.rehearsal == Backup.Rehearsal.FAILED
        return self.at is not None and not (self.is_late or self.error or failed)


def latest() -> Latest:
    """Returns the state of the backups of this database."""
    there = Backup.objects.filter(ended_at__isnull=False, error="")
    made = there.order_by("-began_at").first()
    failures = Backup.objects.exclude(error="")
    if made is not None:
        failures = failures.filter(began_at__gt=made.began_at)
    failed = failures.order_by("-began_at").first()
    rehearsed = there.exclude(rehearsal="none").order_by("-began_at").first()
    return Latest(
        at=made.began_at if made else None,
        name=made.name if made else "",
        place=made.place if made else "",
        error=failed.error if failed else "",
        rehearsal=rehearsed.rehearsal if rehearsed else "none",
        rehearsed_at=rehearsed.rehearsed_at if rehearsed else None,
        rehearsal_error=rehearsed.rehearsal_error if rehearsed else "",
        is_scheduled=settings.BACKUP_AT is not None,
    )


def forget_old() -> None:
    Backup.objects.filter(began_at__lt=timezone.now() - KEPT_FOR).delete()
