"""Converts files for gateways that only accept another format.

The worker converts them while it sends other messages: a delivery is not claimed until
its file is ready, and later ones of the same contact wait too. A message whose file
cannot be converted fails with the reason.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chats.accounts.registry import COLUMNS, WIDTH, account_ref
from chats.delivery.results import fail
from chats.files.conversion.program import Order
from chats.files.conversion.reasons import CannotConvertError
from chats.files.conversion.running import StoppedError, convert
from chats.files.outgoing import refusal_sentence
from chats.files.storage import may_be_elsewhere, remove_file, write_file
from chats.gateways.media_types import Kind, Plan, Refusal, kind_when_made, plan
from chats.models import ConvertedFile, Delivery
from hci_center.errors import UnavailableError

logger = logging.getLogger(__name__)

# How many times a conversion may start (a worker may crash) before its message fails.
MOST_ATTEMPTS = 3
STORAGE_WAIT = 60.0

_DUE = """chats_convertedfile v
    JOIN chats_attachment a ON a.message_id = v.message_id
   WHERE v.made_at IS NULL AND v.next_at <= statement_timestamp()
     AND (v.lease_until IS NULL OR v.lease_until < statement_timestamp())"""
_CLAIM = f"""
WITH short AS (
  SELECT v.message_id FROM {_DUE} AND a.mime NOT LIKE 'video/%%'
   ORDER BY v.next_at LIMIT %(room)s FOR UPDATE OF v SKIP LOCKED
), films AS (
  SELECT v.message_id FROM {_DUE} AND a.mime LIKE 'video/%%'
   ORDER BY v.next_at
   LIMIT least(%(films)s, %(room)s - (SELECT count(*) FROM short))
     FOR UPDATE OF v SKIP LOCKED
), due AS (
  SELECT message_id FROM short UNION ALL SELECT message_id FROM films
), taken AS (
  UPDATE chats_convertedfile v
     SET lease_until = statement_timestamp() + interval '10 minutes',
         attempts = v.attempts + 1
    FROM due WHERE v.message_id = due.message_id
  RETURNING v.message_id, v.attempts
)
SELECT t.message_id, t.attempts, d.fence, x.type, a.file, a.mime, a.size, a.is_voice,
       coalesce(x.details ->> 'caption', ''), d.channel, {COLUMNS}
  FROM taken t
  JOIN chats_message x ON x.id = t.message_id
  JOIN chats_delivery d ON d.message_id = t.message_id
  JOIN chats_attachment a ON a.message_id = t.message_id
  JOIN managers_manager m ON m.id = d.manager_id
"""  # noqa: S608 - of columns
# Releases the claimed delivery until its file has been converted. A file that was
# converted for another gateway is converted again.
_REQUEST = """
WITH wanted AS (
  INSERT INTO chats_convertedfile AS v
         (message_id, uuid, gateway, kind, file, mime, size, attempts)
  SELECT d.message_id, %(uuid)s, '', '', '', '', 0, 0 FROM chats_delivery d
   WHERE d.message_id = %(message)s AND d.fence = %(fence)s AND d.done_at IS NULL
  ON CONFLICT (message_id) DO UPDATE
     SET uuid = excluded.uuid, file = '', attempts = 0, made_at = NULL,
         next_at = statement_timestamp(), lease_until = NULL
  RETURNING v.message_id)
UPDATE chats_delivery d
   SET in_flight = %(in_flight)s, lease_until = NULL, attempts = d.attempts - 1
  FROM wanted WHERE d.message_id = wanted.message_id
"""
# How long conversions are kept: a message that has just failed may be sent again.
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ClaimedConversion:
    """A file that this worker has claimed for conversion."""

    message_id: int
    attempts: int
    fence: int
    message_type: str
    file: str
    mime: str
    size: int
    is_voice: bool
    has_caption: bool
    gateway: str

    @property
    def is_video(self) -> bool:
        return self.mime.startswith("video/")


def request(message_id: int, fence: int, *, in_flight: bool) -> None:
    """Releases a claimed delivery and requests the conversion of its file.

    `in_flight`: whether an earlier attempt has no known result.
    """
    values: dict[str, Any] = {
        "message": message_id,
        "fence": fence,
        "uuid": uuid4(),
        "in_flight": in_flight,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REQUEST, values)


def claim(room: int, videos: int) -> list[ClaimedConversion]:
    """Claims up to `room` files that are due, including at most `videos` videos."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"room": room, "films": max(0, videos)})
        return [_claimed(row) for row in cursor.fetchall()]


def _claimed(row: Any) -> ClaimedConversion:
    message_id, attempts, fence, message_type, file, mime, size, is_voice, caption = (
        row[:9]
    )
    return ClaimedConversion(
        message_id=message_id,
        attempts=attempts,
        fence=fence,
        message_type=message_type,
        file=file,
        mime=mime,
        size=size,
        is_voice=is_voice,
        has_caption=bool(caption),
        gateway=account_ref(row[10 : 10 + WIDTH], row[9]).driver,
    )


def make(
    claimed: ClaimedConversion, is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Converts the file or fails its message; schedules a retry on storage errors."""
    planned = plan(
        claimed.gateway,
        claimed.message_type,
        claimed.mime,
        claimed.size,
        is_voice=claimed.is_voice,
    )
    if isinstance(planned, Refusal):
        _fail(claimed, refusal_sentence(planned), "bad_file")
    elif planned.form is None:
        _note(claimed, planned.kind, claimed.mime, claimed.size)
    elif claimed.attempts > MOST_ATTEMPTS:
        _fail(claimed, SENTENCES["too_large"](), "too_large")
    else:
        _make(claimed, planned, is_stopping)


def forget_sent() -> None:
    """Deletes conversions of finished deliveries; `sweep_orphans` deletes the files."""
    done = Delivery.objects.filter(done_at__lt=Now() - KEPT).values("message")
    ConvertedFile.objects.filter(message__in=done).delete()


SENTENCES: dict[str, Callable[[], str]] = {
    "unreadable": lambda: _("The file is damaged, or is not of the declared type."),
    "too_large": lambda: _("There is more in the file than can be converted."),
    "too_long": lambda: _("The file takes too long to be converted."),
    "empty": lambda: _("There is no picture or no sound in the file."),
}


def _make(
    claimed: ClaimedConversion, planned: Plan, is_stopping: Callable[[], bool]
) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="conversion-") as folder:
            source, target = Path(folder, "source"), Path(folder, "target")
            with (
                default_storage.open(claimed.file) as stored,
                source.open("wb") as file,
            ):
                shutil.copyfileobj(stored, file)
            made = convert(_order(claimed, planned, source, target), is_stopping)
            if made.is_unchanged:
                _note(claimed, made.kind, claimed.mime, claimed.size)
            else:
                _keep(claimed, made.kind, made.mime, target)
    except CannotConvertError as unfit:
        _fail(claimed, SENTENCES[unfit.reason](), unfit.reason)
    except StoppedError:
        put_off(claimed, 0)
    except FileNotFoundError:
        gone = _("The file of the message is gone.")
        if may_be_elsewhere() and claimed.attempts < MOST_ATTEMPTS:
            put_off(claimed, STORAGE_WAIT, counted=True)
        else:
            _fail(claimed, gone, "file_gone")
    except (OSError, UnavailableError) as error:
        logger.warning("message %s: %s", claimed.message_id, type(error).__name__)
        put_off(claimed, STORAGE_WAIT)


def _order(
    claimed: ClaimedConversion, planned: Plan, source: Path, target: Path
) -> Order:
    return Order(
        str(source),
        str(target),
        claimed.mime,
        planned.form or "",
        planned.is_checked,
        # WhatsApp shows no caption with a sticker.
        planned.stickers and not claimed.has_caption,
        planned.largest,
    )


def _keep(claimed: ClaimedConversion, kind: Kind, mime: str, target: Path) -> None:
    size = target.stat().st_size
    sent_kind = kind_when_made(claimed.gateway, kind, mime, size)
    if isinstance(sent_kind, Refusal):
        _fail(claimed, refusal_sentence(sent_kind), "bad_file")
        return
    uuid = uuid4()
    with target.open("rb") as file:
        name = write_file(uuid, file)
    try:
        written = _note(claimed, sent_kind, mime, size, uuid, name)
    except BaseException:
        remove_file(name)
        raise
    if not written:  # another worker has converted it
        remove_file(name)


def _note(
    claimed: ClaimedConversion,
    kind: str,
    mime: str,
    size: int,
    uuid: UUID | None = None,
    name: str = "",
) -> bool:
    written = _row_of(claimed).filter(made_at__isnull=True)
    return bool(
        written.update(
            uuid=uuid or uuid4(),
            gateway=claimed.gateway,
            kind=kind,
            file=name,
            mime=mime,
            size=size,
            made_at=Now(),
            lease_until=None,
        )
    )


def _row_of(claimed: ClaimedConversion) -> QuerySet[ConvertedFile]:
    """Returns the claimed row, or none if another worker has claimed it since."""
    return ConvertedFile.objects.filter(
        message=claimed.message_id, attempts=claimed.attempts
    )


def _fail(claimed: ClaimedConversion, reason: str, code: str) -> None:
    logger.warning("message %s: its file cannot be converted", claimed.message_id)
    fail(claimed.message_id, claimed.fence, reason, code)
    _row_of(claimed).delete()


def put_off(claimed: ClaimedConversion, wait: float, *, counted: bool = False) -> None:
    _row_of(claimed).update(
        next_at=Now() + timedelta(seconds=wait),
        lease_until=None,
        attempts=F("attempts") - int(not counted),
    )
