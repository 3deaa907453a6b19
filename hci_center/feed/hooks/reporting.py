"""Records faults of the outgoing webhooks from async code."""

from __future__ import annotations

import logging

from hci_center.background.faults import RECORD, log, values_of
from hci_center.database import faults
from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError

logger = logging.getLogger(__name__)


async def report(database: Database, error: BaseException, subject: str = "") -> None:
    """Logs and stores a fault, for probes to find; never raises."""
    log("relay", "hooks", error, subject)
    try:
        values = values_of("relay", "hooks", error, subject)
        await database.rows(RECORD, values, patience=0)
    except (DatabaseAwayError, *faults.ERRORS) as other:
        logger.warning("The fault could not be recorded: %s", faults.describe(other))
