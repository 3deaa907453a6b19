"""Logs when a socket becomes live and when it closes, with ids only."""

from __future__ import annotations

import logging
import time

from hci_center.feed.sockets.connection import Connection

logger = logging.getLogger(__name__)


class SocketLog:
    """Numbers the sockets of this process in the order in which they became live."""

    def __init__(self) -> None:
        self._opened = 0

    def opened(self, connection: Connection) -> None:
        """Logs whose socket became live, unless it was closed in the meantime."""
        state = connection.state
        if state is None or connection.audience is None:
            return
        self._opened += 1
        connection.number, connection.opened_at = self._opened, time.monotonic()
        logger.info("Socket %d of %s opened", connection.number, state.credential)

    def closed(self, connection: Connection) -> None:
        """Logs for how long it was live, if it was."""
        state = connection.state
        if state is None or not connection.number:
            return
        seconds = time.monotonic() - connection.opened_at
        logger.info(
            "Socket %d of %s closed after %.0f s",
            connection.number,
            state.credential,
            seconds,
        )
