"""Records what went wrong in background work, and tells of it while it is recent."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hci_center.database import faults as database_faults
from hci_center.errors import LackingError

logger = logging.getLogger(__name__)

# A fault is an alarm until it has not come again for so long; then it is kept for
# whoever looks for its cause.
ALARM_FOR = "1 hour"
RETENTION = "7 days"
# A probe's answer is a line.
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
_FORGET = f"""
DELETE FROM background_backgroundfault
 WHERE last_at < statement_timestamp() - interval '{RETENTION}'
"""  # noqa: S608 - of a constant
_RECENT = f"""
SELECT process, task, subject, count FROM background_backgroundfault
 WHERE last_at > statement_timestamp() - interval '{ALARM_FOR}'
 ORDER BY last_at DESC
"""  # noqa: S608 - of a constant


def values_of(
    process: str, task: str, error: BaseException, subject: str = ""
) -> dict[str, Any]:
    """What RECORD takes: ids, and of the error its type and place."""
    return {
        "process": process,
        "task": task[:32],
        "subject": subject[:64],
        "error": database_faults.describe(error)[:200],
    }


def record(process: str, task: str, error: BaseException, subject: str = "") -> None:
    """Keeps the fault and logs it with its traceback; never raises.

    To be called outside a transaction. Where the database cannot be written the log
    alone has it.
    """
    log(process, task, error, subject)
    try:
        with connection.cursor() as cursor:
            cursor.execute(RECORD, values_of(process, task, error, subject))
    except database_faults.ERRORS as other:
        logger.warning("The fault was not kept: %s", database_faults.describe(other))


def log(process: str, task: str, error: BaseException, subject: str) -> None:
    """Only the log's part of `record`."""
    if not isinstance(error, database_faults.ERRORS):
        logger.error("%s: %s %s failed", process, task, subject, exc_info=error)
        return
    # What a database complains of repeats what it was given: the frames must do.
    frames = "".join(traceback.format_tb(error.__traceback__))
    said = database_faults.describe(error)
    logger.error("%s: %s %s failed: %s\n%s", process, task, subject, said, frames)


def forget_old() -> None:
    """Removes those that have not come again for a week."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)


def check() -> str:
    """For a probe; raises LackingError that names the latest faults."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_RECENT)
            recent = cursor.fetchall()
    finally:
        # Called by a thread that may not be asked again for long.
        connection.close()
    if not recent:
        return "ok"
    named = [
        f"{process} {task} {subject}".rstrip() + (f" ×{count}" if count > 1 else "")  # noqa: RUF001
        for process, task, subject, count in recent[:MOST_NAMED]
    ]
    more = len(recent) - MOST_NAMED
    said = ", ".join(named) + (f" (+{more})" if more > 0 else "")
    raise LackingError(_("background work failed: %s") % said)
