"""What a socket missed, read from the feed's table."""

from __future__ import annotations

from hci_center.callers import Caller
from hci_center.feed.async_database import Database
from hci_center.feed.frames import MOST_EVENTS, EventText, with_link
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.visibility import CAN_SEE_NOW, REACHES, SAW_BEFORE, parameters

_PAGE = f"""
SELECT seq, CASE WHEN {CAN_SEE_NOW} THEN ev ELSE gone END,
       CASE WHEN {CAN_SEE_NOW} THEN file END
  FROM change_feed
 WHERE seq > %(after)s AND seq <= %(upto)s AND {REACHES}
   AND ev IS NOT NULL AND kind <> 'epoch'
   AND ({CAN_SEE_NOW} OR (gone IS NOT NULL AND {SAW_BEFORE}))
 ORDER BY seq LIMIT %(most)s
"""  # noqa: S608 - of constants
_OLDEST = "SELECT seq FROM change_feed ORDER BY seq LIMIT 1"
_RESETS = f"""
SELECT 1 FROM change_feed
 WHERE kind IN ('reset', 'epoch') AND seq > %(after)s AND seq <= %(upto)s
   AND (who = %(credential)s OR (who IS NULL AND (kind = 'epoch' OR {REACHES})))
 LIMIT 1
"""  # noqa: S608 - of constants


class ReplayStore:
    """The table of the feed, for those who were away longer than memory reaches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, audience: Audience, after: int, upto: int
    ) -> tuple[list[EventText], int] | None:
        """What the audience heard after one cursor, and the cursor that this reaches,
        at most `upto`. None when the table begins later than that."""
        values = parameters(audience.caller)
        values |= {"after": after, "upto": upto, "most": MOST_EVENTS}
        rows = await self._database.rows(_PAGE, values)
        # After the page: a partition that was dropped before it is missed in it.
        oldest = await self._database.rows(_OLDEST, {})
        if not oldest or oldest[0][0] > after + 1:
            return None
        told = [
            (seq, text if file is None else with_link(text, file, audience.base))
            for seq, text, file in rows
        ]
        return told, told[-1][0] if len(told) == MOST_EVENTS else upto

    async def has_reset(self, caller: Caller, after: int, upto: int) -> bool:
        """Whether the caller's rights, or what names its rows, changed in between."""
        values = parameters(caller)
        values |= {"after": after, "upto": upto, "credential": caller.credential}
        return bool(await self._database.rows(_RESETS, values))
