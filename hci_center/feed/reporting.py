"""Records faults of the feed's processes from async code."""

from __future__ import annotations

import logging

from hci_center.background.faults import RECORD, log, values_of
from hci_center.database import faults
from hci_center.feed.async_database import Connection, Database
from hci_center.feed.errors import DatabaseAwayError

logger = logging.getLogger(__name__)


async def report(
    database: Database, task: str, error: BaseException, subject: str = ""
) -> None:
    """Logs and stores a fault of the hub, for probes to find; never raises."""
    log("feed", task, error, subject)
    try:
        await database.rows(RECORD, values_of("feed", task, error, subject), patience=0)
    except (DatabaseAwayError, *faults.ERRORS) as other:
        logger.warning("The fault could not be recorded: %s", faults.describe(other))


async def report_by(
    connection: Connection, task: str, error: BaseException, subject: str = ""
) -> None:
    """Logs and stores a fault of the relay, on its own connection; never raises."""
    log("relay", task, error, subject)
    try:
        values = values_of("relay", task, error, subject)
        await connection.execute(RECORD.encode(), values)
    except faults.ERRORS as other:
        logger.warning("The fault could not be recorded: %s", faults.describe(other))
