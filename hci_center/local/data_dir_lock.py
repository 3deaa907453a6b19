"""Lets one process at a time serve a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from hci_center.local import paths
from hci_center.local.errors import CannotStartError


@contextlib.contextmanager
def lock_data_dir() -> Iterator[None]:
    """Locks the data folder; raises CannotStartError if a server already uses it."""
    folder = paths.make_data_dir()
    lock = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(lock, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStartError(
                f"Already running on {folder}. Another HCI_DATA_DIR (and HCI_PORT) "
                "makes another installation."
            ) from None
        yield
    finally:
        os.close(lock)
