"""Files of incoming messages that their gateway still keeps are fetched.

By the worker, from where the gateway itself says and never from an address that a
caller gave. The message is there all the while, and says how its file fares. While there is no
place to store files in, they are tried again for a day.
"""

from __future__ import annotations

import hashlib
import json
import logging
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.accounts.registry import (
    COLUMNS,
    WIDTH,
    GatewayAccountRef,
    GatewayRegistry,
    account_ref,
)
from chats.files.mime_types import FILE, matches_declared
from chats.files.received import as_sent
from chats.files.storage import attach, stored
from chats.gateways.base import Failed, Fetched, Media
from chats.gateways.base64_media import decoded
from hci_center.background import faults
from hci_center.database import faults as database_faults
from hci_center.encryption import decrypt
from hci_center.errors import UnavailableError

logger = logging.getLogger(__name__)

SCHEDULE = (2.0, 10.0, 30.0, 120.0, 300.0)
# Between tries to store a file, in seconds, and for how long it is tried.
STORAGE_WAIT = 60.0
LONGEST_STORAGE_WAIT = timedelta(days=1)

_CLAIM = f"""
WITH due AS (
  SELECT f.message_id FROM chats_mediafetch f
   WHERE f.next_at <= statement_timestamp() AND (f.lease_until IS NULL OR f.lease_until < statement_timestamp())
   ORDER BY f.next_at LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE chats_mediafetch f
     SET lease_until = statement_timestamp() + interval '4 minutes', attempts = f.attempts + 1
    FROM due WHERE f.message_id = due.message_id
  RETURNING f.message_id, f.manager_id, f.channel, f.media, f.attempts,
            f.unstored_since
)
SELECT t.message_id, t.attempts, t.media, t.unstored_since, t.channel, x.type, {COLUMNS}
  FROM taken t
  JOIN chats_message x ON x.id = t.message_id
  JOIN managers_manager m ON m.id = t.manager_id
"""  # noqa: S608 - of columns
_LATER = """
UPDATE chats_mediafetch
   SET next_at = statement_timestamp() + make_interval(secs => %s), lease_until = NULL
 WHERE message_id = %s
"""
# A try that failed for want of a place is none of the gateway's.
_DISK_FULL = """
UPDATE chats_mediafetch
   SET next_at = statement_timestamp() + make_interval(secs => %s), lease_until = NULL,
       attempts = greatest(attempts - 1, 0),
       unstored_since = coalesce(unstored_since, statement_timestamp())
 WHERE message_id = %s
"""
_RELEASE = """
UPDATE chats_mediafetch
   SET lease_until = NULL, attempts = greatest(attempts - 1, 0)
 WHERE message_id = ANY(%s)
"""
_END = "DELETE FROM chats_mediafetch WHERE message_id = %s"
_BROADCAST = (
    "UPDATE chats_message SET error = %s, type = coalesce(%s, type) WHERE id = %s"
)


@dataclass(frozen=True, slots=True)
class ClaimedDownload:
    """A file that this worker fetches."""

    message_id: int
    attempts: int
    media: Media
    unstored_since: datetime | None
    type: str
    ref: GatewayAccountRef


def claim(room: int) -> list[ClaimedDownload]:
    """Takes up to `room` of the files that are due."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [room])
        rows = cursor.fetchall()
    wanted = []
    for row in rows:
        try:
            wanted.append(_claimed(row))
        except Exception as error:  # noqa: BLE001 - it is that row's, not the others'
            faults.record("worker", "media", error, f"message {row[0]}")
            _try_later(message_id=row[0], attempts=row[1])
    return wanted


def release(message_ids: list[int]) -> None:
    """Lets others take at once what was claimed here and will not be fetched here."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [message_ids])


def _claimed(row: Any) -> ClaimedDownload:
    message_id, attempts, sealed, unstored_since, channel, kind, *manager = row
    return ClaimedDownload(
        message_id,
        attempts,
        Media(**json.loads(decrypt(sealed))),
        unstored_since,
        kind,
        account_ref(manager[:WIDTH], channel),
    )


def fetch(drivers: GatewayRegistry, wanted: ClaimedDownload) -> None:
    """Fetches the file and stores it with its message; later again when that fails."""
    try:
        _fetch(drivers, wanted)
    except Exception as error:
        if database_faults.fault_of(error) is not None:
            raise  # its lease runs out, and it is taken again
        faults.record("worker", "media", error, f"message {wanted.message_id}")
        _try_later(wanted.message_id, wanted.attempts)


def _fetch(drivers: GatewayRegistry, wanted: ClaimedDownload) -> None:
    found = _bytes_of(drivers, wanted)
    if isinstance(found, Fetched) and _is_whole(found, wanted.media):
        try:
            _keep(wanted, found)
        except UnavailableError:
            _wait_for_storage(wanted)
        return
    is_final = isinstance(found, Failed) and found.tries == 1
    _try_later(wanted.message_id, wanted.attempts, is_final=is_final)


def _try_later(message_id: int, attempts: int, *, is_final: bool = False) -> None:
    if is_final or attempts > len(SCHEDULE):
        _give_up(message_id)
        return
    with connection.cursor() as cursor:
        cursor.execute(_LATER, [SCHEDULE[max(attempts, 1) - 1], message_id])


def _bytes_of(drivers: GatewayRegistry, wanted: ClaimedDownload) -> Fetched | Failed:
    """The bytes that came along and could not be stored then, or the gateway's."""
    media = wanted.media
    if media.base64:
        return Fetched(decoded(media.base64), media.mime, media.name)
    if wanted.ref.is_unreadable:
        return Failed("bad_setup", wanted.ref.unreadable_reason)
    return drivers[wanted.ref.driver].fetch(wanted.ref.account, media)


def _wait_for_storage(wanted: ClaimedDownload) -> None:
    since = wanted.unstored_since
    if since is not None and timezone.now() - since > LONGEST_STORAGE_WAIT:
        _give_up(wanted.message_id)
        return
    if since is None:
        logger.error("message %s: its file cannot be stored", wanted.message_id)
    with connection.cursor() as cursor:
        cursor.execute(_DISK_FULL, [STORAGE_WAIT, wanted.message_id])


def _is_whole(found: Fetched, media: Media) -> bool:
    """Whether its digest is the one that was said, in either spelling."""
    digest = hashlib.sha256(found.content)
    spellings = ("", digest.hexdigest(), b64encode(digest.digest()).decode())
    return media.sha256 in spellings


def _keep(wanted: ClaimedDownload, found: Fetched) -> None:
    sent = as_sent(found.content, found.mime or wanted.media.mime)
    if sent is None or sent.found is None:
        _give_up(wanted.message_id)
        return
    is_said = matches_declared(sent.found, wanted.type, sent.claimed_mime)
    with (
        stored(sent) as attachment,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(_END, [wanted.message_id])
        if cursor.rowcount:  # nobody else was faster
            attach(attachment, wanted.message_id)
            kind = None if is_said else FILE
            cursor.execute(_BROADCAST, ["", kind, wanted.message_id])


def _give_up(message_id: int) -> None:
    logger.warning("message %s: its file cannot be fetched", message_id)
    with transaction.atomic(), connection.cursor() as cursor:
        said = _("The file could not be fetched.")
        cursor.execute(_BROADCAST, [said, None, message_id])
        cursor.execute(_END, [message_id])
