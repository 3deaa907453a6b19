"""What is known of the backups: the latest one, its age, and how its rehearsal ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from hci_center.backups.models import Backup

# A nightly backup that is older has been missed.
LATE = timedelta(hours=26)
# Rows of backups are kept for this long, also after their files are gone.
KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest backup that is there, and the newest attempt if that is later."""

    # None: there is none.
    at: datetime | None
    name: str
    place: str
    # Of a later attempt that failed; "" if there was none.
    error: str
    # A value of Backup.Rehearsal, of the newest that was rehearsed or could not be.
    rehearsal: str
    rehearsed_at: datetime | None
    rehearsal_error: str
    is_scheduled: bool

    def age(self, now: datetime | None = None) -> timedelta | None:
        return None if self.at is None else (now or timezone.now()) - self.at

    @property
    def is_late(self) -> bool:
        """Whether a night's backup is missing although HCI_BACKUP_AT is set."""
        age = self.age()
        return self.is_scheduled and (age is None or age > LATE)

    @property
    def is_good(self) -> bool:
        """Whether there is one, in time, none failed since, and no rehearsal failed."""
        failed = self.rehearsal == Backup.Rehearsal.FAILED
        return self.at is not None and not (self.is_late or self.error or failed)


def latest() -> Latest:
    """Returns what is known of the backups of this database."""
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
