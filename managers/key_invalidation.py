"""That a key ended, or reaches other managers, as this process hears of it."""

from __future__ import annotations

import logging
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import Error, connection

from managers.authentication import forget_cached_keys

logger = logging.getLogger(__name__)

# How long it takes to end, and how long to call a database again that is away.
PAUSE = 0.5


@contextmanager
def key_change_listener() -> Iterator[None]:
    """Meanwhile a change of any key is heard of, and the next call looks it up.

    Told by the database itself (the migration `tell_of_keys`), so that a revocation
    in SQL is heard as well. While nobody can tell, what was judged ages as ever.
    """
    over = threading.Event()
    ear = threading.Thread(target=_handle, args=(over,), name="keys", daemon=True)
    ear.start()
    try:
        yield
    finally:
        over.set()
        ear.join()


def _handle(over: threading.Event) -> None:
    while not over.is_set():
        try:
            _listen(over)
        except (Error, psycopg.Error) as error:
            logger.warning("nothing is heard of keys: %s", type(error).__name__)
            over.wait(PAUSE)
        finally:
            connection.close()


def _listen(over: threading.Event) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN api_keys")
    forget_cached_keys()
    raw = connection.connection
    while not over.is_set():
        readable, _, _ = select.select([raw.fileno()], [], [], PAUSE)
        if readable and any(True for _news in raw.notifies(timeout=0)):
            forget_cached_keys()
