"""Records faults of background work and reports the recent ones to probes."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from hci_center.background.models import BackgroundFault
from hci_center.database import faults as database_faults
from hci_center.errors import LackingError

logger = logging.getLogger(__name__)

# A fault that has not occurred for this long no longer fails the probe. Its row is kept
# until RETENTION, for whoever investigates the cause.
ALARM_FOR = timedelta(hours=1)
RETENTION = timedelta(days=7)
# A probe's answer should fit on one line.
MOST_NAMED = 3

RECORD = """
INSERT INTO background_backgroundfault AS f
       (process, task, subject, error, count, first_at, last_at)
VALUES (%(process)s, %(task)s, %(subject)s, %(error)s, 1,
        statement_timestamp(), statement_timestamp())
ON CONFLICT (process, task, subject) DO UPDATE
   SET error = excluded.error, last_at = excluded.last_at,
       count = least(f.count + 1, 2000000000)
"""


def values_of(
    process: str, task: str, error: BaseException, subject: str = ""
) -> dict[str, Any]:
    """Returns the parameters of RECORD: ids, and the type and location of the error."""
    return {
        "process": process,
        "task": task[:32],
        "subject": subject[:64],
        "error": database_faults.describe(error)[:200],
    }


def record(process: str, task: str, error: BaseException, subject: str = "") -> None:
    """Stores the fault and logs it with its traceback; never raises.

    Must be called outside a transaction. When the database cannot be written, the
    fault is only in the log.
    """
    log(process, task, error, subject)
    try:
        with connection.cursor() as cursor:
            cursor.execute(RECORD, values_of(process, task, error, subject))
    except database_faults.ERRORS as other:
        logger.warning(
            "The fault could not be recorded: %s", database_faults.describe(other)
        )


@contextmanager
def isolate(
    process: str, task: str, subject: str, then: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Records an error of the work on one row and calls `then`, so that others go on.

    Raises database errors: the lease of the row expires then, and it is claimed again.
    """
    try:
        yield
    except Exception as error:
        if database_faults.fault_of(error) is not None:
            raise
        record(process, task, error, subject)
        then()


def log(process: str, task: str, error: BaseException, subject: str) -> None:
    """Logs the fault with its traceback, without storing it."""
    if not isinstance(error, database_faults.ERRORS):
        logger.error("%s: %s %s failed", process, task, subject, exc_info=error)
        return
    # A database error's message repeats the values of the statement, so only the frames
    # are logged.
    frames = "".join(traceback.format_tb(error.__traceback__))
    description = database_faults.describe(error)
    logger.error(
        "%s: %s %s failed: %s\n%s", process, task, subject, description, frames
    )


def forget_old() -> None:
    """Deletes the faults that have not occurred again for a week."""
    BackgroundFault.objects.filter(last_at__lt=Now() - RETENTION).delete()


def check() -> str:
    """Returns "ok" for a probe; raises LackingError naming the latest faults."""
    try:
        faults = BackgroundFault.objects.filter(last_at__gt=Now() - ALARM_FOR)
        recent = list(
            faults.order_by("-last_at").values_list(
                "process", "task", "subject", "count"
            )
        )
    finally:
        # The thread that calls this may not be used again for a long time.
        connection.close()
    if not recent:
        return "ok"
    named = [
        f"{process} {task} {subject}".rstrip() + (f" ×{count}" if count > 1 else "")  # noqa: RUF001
        for process, task, subject, count in recent[:MOST_NAMED]
    ]
    more = len(recent) - MOST_NAMED
    description = ", ".join(named) + (f" (+{more})" if more > 0 else "")
    raise LackingError(_("background work failed: %s") % description)
