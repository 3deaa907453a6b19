"""Readiness of the feed: whether changes reach the sockets in time."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _

from hci_center.errors import LackingError

# Seconds after which a waiting change is late, and a silent leader is taken as gone.
LATE_AFTER = 5.0
SILENT_AFTER = 15.0
# The backlog is counted up to this number only.
MOST_COUNTED = 100_000

BACKLOG = f"""
SELECT (SELECT count(*) FROM (SELECT FROM change_pend LIMIT {MOST_COUNTED}) w),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - at)
                   FROM change_pend ORDER BY id LIMIT 1), 0)::float8,
       coalesce((SELECT per_second FROM change_pace), 0)::float8,
       coalesce((SELECT interval_ms FROM change_pace), 0)::float8,
       coalesce((SELECT extract(epoch FROM now() - at) FROM change_pace),
                {SILENT_AFTER + 1})::float8
"""  # noqa: S608 - of constants


def check() -> str:
    """Returns the relay's pace and backlog as a text.

    Raises LackingError when no relay leads or changes are late.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(BACKLOG)
            waiting, oldest, per_second, interval_ms, silent = cursor.fetchone()
    finally:
        # The thread that calls this may not be used again for a long time.
        connection.close()
    state = f"{per_second:.1f}/s every {interval_ms:.0f} ms, {waiting} waiting"
    if silent > SILENT_AFTER:
        raise LackingError(_("no relay leads: %s") % state)
    if oldest > LATE_AFTER:
        raise LackingError(
            _("%(seconds).0f s late: %(state)s") % {"seconds": oldest, "state": state}
        )
    return state
