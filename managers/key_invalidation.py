"""Invalidates the cached API keys when a key is changed or revoked."""

from __future__ import annotations

import logging
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import Error, connection

from hci_center.database.outage_lines import outage_lines
from managers.authentication import forget_cached_keys

logger = logging.getLogger(__name__)

# Seconds until the thread stops, and between attempts to reconnect.
PAUSE = 0.5


@contextmanager
def key_change_listener() -> Iterator[None]:
    """Clears the key cache, within the block, whenever any key changes.

    A database trigger sends the notification (migration `0003_tell_of_keys`), so a
    revocation in SQL is noticed too. While the database is not reachable, cached keys
    expire as usual.
    """
    stopped = threading.Event()
    thread = threading.Thread(target=_handle, args=(stopped,), name="keys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _handle(stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            _listen(stopped)
        except (Error, psycopg.Error) as error:
            name = type(error).__name__
            logger.log(outage_lines.level, "API key changes are not received: %s", name)
            stopped.wait(PAUSE)
        finally:
            connection.close()


def _listen(stopped: threading.Event) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN api_keys")
    forget_cached_keys()
    raw = connection.connection
    while not stopped.is_set():
        readable, _, _ = select.select([raw.fileno()], [], [], PAUSE)
        if readable and any(True for _notification in raw.notifies(timeout=0)):
            forget_cached_keys()
