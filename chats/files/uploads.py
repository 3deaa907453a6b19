"""Uploads the files that are stored on a worker's machine to the bucket."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from chats.files.unfinished import UNFINISHED
from hci_center.errors import LackingError

if TYPE_CHECKING:
    # Without a bucket, nothing of S3 is loaded.
    from chats.files.spool import Spool

logger = logging.getLogger(__name__)

# Names of our files: anything else in the folder is left alone.
_OURS = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{30}")
# Duration of one round in seconds: it occupies a thread of the worker.
_LONGEST_ROUND = 20.0
_LONGEST_PAUSE = 60.0
# A file that waits longer raises an alarm; an unfinished one is deleted.
_LATE = 5 * 60.0
_ABANDONED = 60 * 60.0
_MOST_COUNTED = 1000


class Uploader:
    """Uploads files in rounds; after a failed round it pauses, longer each time."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until = 0.0
        self._is_running = False

    def begin(self) -> bool:
        """Returns whether a round is due, and marks it as begun."""
        if _spool() is None or self._is_running or monotonic() < self._rests_until:
            return False
        self._is_running = True
        return True

    def run(self) -> None:
        """Runs one round, in a thread of its own."""
        spool = _spool()
        if spool is None:
            return
        ends = monotonic() + _LONGEST_ROUND
        try:
            carried = 0
            for name, found in spool.waiting():
                if _OURS.fullmatch(name):
                    spool.upload_local(name)
                    carried += 1
                elif _is_abandoned(name, time.time() - found.st_mtime):
                    Path(spool.path(name)).unlink(missing_ok=True)
                if monotonic() > ends:
                    break
        except OSError as error:
            self._fail(error)
        else:
            if self._failures and carried:
                logger.info("files go into the bucket again")
                self._failures = 0

    def end(self) -> None:
        self._is_running = False

    def _fail(self, error: OSError) -> None:
        if not self._failures:
            logger.error("files cannot be put into the bucket: %s", error)
        self._rests_until = monotonic() + min(_LONGEST_PAUSE, 2.0**self._failures)
        self._failures += 1


def check() -> str:
    """Health check of this machine; raises LackingError while files wait too long."""
    spool = _spool()
    if spool is None:
        return "ok"
    late = 0
    for name, found in spool.waiting():
        is_ours = _OURS.fullmatch(name) is not None
        late += is_ours and time.time() - found.st_mtime > _LATE
        if late == _MOST_COUNTED:
            break
    if late:
        raise LackingError(_("files wait for the bucket: %d") % late)
    return "ok"


def _spool() -> Spool | None:
    """Returns the local storage of files to upload; None without a bucket."""
    is_spool = hasattr(default_storage, "upload_local")
    return default_storage if is_spool else None  # type: ignore[return-value]


def _is_abandoned(name: str, age: float) -> bool:
    """Returns whether the process ended while it wrote the file."""
    return name.rpartition("/")[2].startswith(UNFINISHED) and age > _ABANDONED
