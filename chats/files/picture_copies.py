"""Makes copies of pictures that are not shown as they are, in the worker.

A phone's photo contains where it was taken, and browsers decode any data. So a
re-encoded copy is shown; the file itself stays as it was sent, for download.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest, Now

from chats.files.conversion.program import SHOWN, Order
from chats.files.conversion.reasons import CannotConvertError
from chats.files.conversion.running import StoppedError, convert
from chats.files.mime_types import UNKNOWN_MIME
from chats.files.pictures import MOST_PIXELS, Showing, facts_of, showing_of
from chats.files.storage import may_be_elsewhere, remove_file, write_file
from chats.models import Attachment, PictureCopy
from hci_center.background import faults
from hci_center.errors import UnavailableError

logger = logging.getLogger(__name__)

# How often a worker may stop in the middle of one before it counts as unreadable.
MOST_ATTEMPTS = 3
STORAGE_WAIT = 60.0

_CLAIM = """
WITH due AS (
  SELECT c.attachment_id FROM chats_picturecopy c
   WHERE c.made_at IS NULL AND c.next_at <= statement_timestamp()
     AND (c.lease_until IS NULL OR c.lease_until < statement_timestamp())
   ORDER BY c.attachment_id DESC LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE chats_picturecopy c
     SET lease_until = statement_timestamp() + interval '10 minutes',
         attempts = c.attempts + 1
    FROM due WHERE c.attachment_id = due.attachment_id
  RETURNING c.attachment_id, c.attempts
)
SELECT a.id, t.attempts, a.file, a.mime
  FROM taken t JOIN chats_attachment a ON a.id = t.attachment_id
"""


@dataclass(frozen=True, slots=True)
class ClaimedCopy:
    """A picture that this worker copies."""

    attachment_id: int
    attempts: int
    file: str
    mime: str


def claim(room: int) -> list[ClaimedCopy]:
    """Claims up to `room` of the queued pictures, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [room])
        return [ClaimedCopy(*row) for row in cursor.fetchall()]


def make_each(
    claimed: list[ClaimedCopy], is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Makes the copies one after another.

    Those not begun when the worker stops are returned to the queue by `release`.
    """
    for one in claimed:
        if is_stopping():
            return
        with faults.isolate("worker", "pictures", f"file {one.attachment_id}"):
            make(one, is_stopping)


def release(attachment_ids: list[int]) -> None:
    """Returns claimed pictures to the queue at once."""
    claimed = PictureCopy.objects.filter(
        attachment__in=attachment_ids, made_at__isnull=True, lease_until__isnull=False
    )
    claimed.update(lease_until=None, attempts=Greatest(F("attempts") - 1, 0))


def make(claimed: ClaimedCopy, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Makes the copy, or stores that none is needed or possible.

    It is retried later if the storage is not available.
    """
    try:
        with _opened(claimed.file) as file:
            facts = facts_of(file, claimed.mime)
            showing = showing_of(facts)
            if showing != Showing.COPY or claimed.attempts > MOST_ATTEMPTS:
                is_large = facts is not None and facts.pixels > MOST_PIXELS
                _finish_without_copy(
                    claimed, showing, UNKNOWN_MIME if is_large else claimed.mime
                )
                return
            file.seek(0)
            content, mime = encoded_apart(file, claimed.mime, SHOWN, is_stopping)
        _keep(claimed, content, mime)
    except StoppedError:
        _delay(claimed, 0)
    except CannotConvertError as unfit:
        logger.info("attachment %s: %s", claimed.attachment_id, unfit.reason)
        _finish_without_copy(claimed, Showing.NEVER, claimed.mime)
    except FileNotFoundError:
        if may_be_elsewhere() and claimed.attempts < MOST_ATTEMPTS:
            _delay(claimed, STORAGE_WAIT, counted=True)
        else:
            _finish_without_copy(claimed, Showing.NEVER, claimed.mime)
    except (OSError, UnavailableError) as error:
        logger.warning("attachment %s: %s", claimed.attachment_id, type(error).__name__)
        _delay(claimed, STORAGE_WAIT)


def encoded_apart(
    content: IO[bytes],
    mime: str,
    form: str,
    is_stopping: Callable[[], bool] = lambda: False,
) -> tuple[bytes, str]:
    """Re-encodes the picture in a separate process; returns it and its type.

    Raises UnfitError if that is not possible, whatever the picture does to the process,
    and StoppedError if `is_stopping` becomes true before it ends.
    """
    with TemporaryDirectory(prefix="picture-") as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        with source.open("wb") as file:
            shutil.copyfileobj(content, file)
        order = Order(str(source), str(target), mime, form)
        made = convert(order, is_stopping)
        return target.read_bytes(), made.mime


@contextmanager
def _opened(name: str) -> Iterator[Any]:
    file: IO[bytes] = default_storage.open(name)
    try:
        yield file
    finally:
        file.close()


def _keep(claimed: ClaimedCopy, content: bytes, mime: str) -> None:
    uuid = uuid4()
    name = write_file(uuid, BytesIO(content))
    is_written = (
        _row_of(claimed)
        .filter(made_at__isnull=True)
        .update(
            uuid=uuid,
            file=name,
            mime=mime,
            size=len(content),
            made_at=Now(),
            lease_until=None,
        )
    )
    if not is_written:  # another worker was faster
        remove_file(name)


def _finish_without_copy(claimed: ClaimedCopy, showing: Showing, mime: str) -> None:
    """Deletes the queue's row without a copy; the file stores how it is shown."""
    if showing == Showing.COPY:
        showing = Showing.NEVER
    with transaction.atomic():
        deleted, _by_model = _row_of(claimed).delete()
        if deleted:
            attachments = Attachment.objects.filter(pk=claimed.attachment_id)
            attachments.update(showing=showing, mime=mime)


def _delay(claimed: ClaimedCopy, wait: float, *, counted: bool = False) -> None:
    """Delays the next attempt; `counted`: this one counts toward the maximum."""
    _row_of(claimed).update(
        next_at=Now() + timedelta(seconds=wait),
        lease_until=None,
        attempts=F("attempts") - int(not counted),
    )


def _row_of(claimed: ClaimedCopy) -> QuerySet[PictureCopy]:
    """Returns the claimed row, unless another worker has claimed it since."""
    return PictureCopy.objects.filter(
        attachment=claimed.attachment_id, attempts=claimed.attempts
    )
