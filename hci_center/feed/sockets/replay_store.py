"""Reads missed changes from the feed's table."""

from __future__ import annotations

from hci_center.callers import Caller
from hci_center.feed.async_database import Database
from hci_center.feed.frames import COLUMNS, MOST_EVENTS, Change, EventText
from hci_center.feed.sockets.audiences import Audience
from hci_center.visibility import parameters, reaches_sql, sees_within_manager_sql

_REACHES = reaches_sql("manager_id")
_CAN_SEE_NOW = sees_within_manager_sql("area_id", "operator_id")
_SAW_BEFORE = sees_within_manager_sql("was_area_id", "was_operator_id")

_PAGE = f"""
SELECT {COLUMNS} FROM change_feed
 WHERE seq > %(after)s AND seq <= %(upto)s AND {_REACHES}
   AND ev IS NOT NULL AND kind <> ALL (%(left_out)s)
   AND ({_CAN_SEE_NOW} OR (gone IS NOT NULL AND {_SAW_BEFORE}))
 ORDER BY seq LIMIT %(most)s
"""  # noqa: S608 - of constants
_OLDEST = "SELECT seq FROM change_feed ORDER BY seq LIMIT 1"
_RESETS = f"""
SELECT 1 FROM change_feed
 WHERE kind IN ('reset', 'epoch') AND seq > %(after)s AND seq <= %(upto)s
   AND (who = %(credential)s OR (who IS NULL AND (kind = 'epoch' OR {_REACHES})))
 LIMIT 1
"""  # noqa: S608 - of constants


class ReplayStore:
    """The feed's table, for absences longer than the replay buffer covers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, audience: Audience, after: int, upto: int, most: int = MOST_EVENTS
    ) -> tuple[list[EventText], int] | None:
        """Returns the audience's next events after a cursor, and the cursor after them.

        The latter is at most `upto`. None when the table starts after the cursor.
        """
        values = parameters(audience.caller)
        values |= {"after": after, "upto": upto, "most": most}
        values |= {"left_out": list(audience.left_out)}
        rows = await self._database.rows(_PAGE, values)
        # Read after the page, to detect a partition that was dropped before it.
        oldest = await self._database.rows(_OLDEST, {})
        if not oldest or oldest[0][0] > after + 1:
            return None
        changes = [Change(*row) for row in rows]
        cursor = changes[-1].seq if len(changes) == most else upto
        return audience.events_for(changes), cursor

    async def has_reset(self, caller: Caller, after: int, upto: int) -> bool:
        """Whether a reset or a new epoch concerns the caller between the cursors."""
        values = parameters(caller)
        values |= {"after": after, "upto": upto, "credential": caller.credential}
        return bool(await self._database.rows(_RESETS, values))
