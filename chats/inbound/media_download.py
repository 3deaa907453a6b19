"""Downloads files of incoming messages from their gateway.

The worker downloads them from the gateway's own address, never from a URL given by a
caller. Meanwhile the message is visible and shows the state of its file. While the
storage is unavailable, storing is retried for a day.
"""

from __future__ import annotations

import hashlib
import json
import logging
from base64 import b64encode
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now
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
from chats.models import MediaFetch, Message
from hci_center.background import faults
from hci_center.encryption import decrypt
from hci_center.errors import UnavailableError
from hci_center.limits import give_memory_back

logger = logging.getLogger(__name__)

SCHEDULE = (2.0, 10.0, 30.0, 120.0, 300.0)
# The wait between attempts to store a file, in seconds, and their total time.
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
# Undoes the count of an attempt.
_ONE_LESS = Greatest(F("attempts") - 1, 0)


@dataclass(frozen=True, slots=True)
class ClaimedDownload:
    """A file that this worker has claimed for download."""

    message_id: int
    attempts: int
    media: Media
    unstored_since: datetime | None
    type: str
    ref: GatewayAccountRef


def claim(room: int) -> list[ClaimedDownload]:
    """Claims up to `room` of the files that are due."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [room])
        rows = cursor.fetchall()
    files = []
    for row in rows:
        with _isolated(message_id=row[0], attempts=row[1]):
            files.append(_claimed(row))
    return files


def release(message_ids: list[int]) -> None:
    """Releases claimed files, so that other workers can claim them at once."""
    claimed = MediaFetch.objects.filter(message__in=message_ids)
    claimed.update(lease_until=None, attempts=_ONE_LESS)


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


def fetch(drivers: GatewayRegistry, claimed: ClaimedDownload) -> None:
    """Downloads the file and stores it with its message; schedules a retry on errors.

    Raises database errors: the lease expires then and the file is claimed again.
    """
    with _isolated(claimed.message_id, claimed.attempts):
        _fetch(drivers, claimed)
    # A file may have used a hundred megabytes, which the C library would not return.
    give_memory_back()


def _isolated(message_id: int, attempts: int) -> AbstractContextManager[None]:
    """Records an error of one file and schedules its retry."""
    retry = partial(_try_later, message_id, attempts)
    return faults.isolate("worker", "media", f"message {message_id}", retry)


def _fetch(drivers: GatewayRegistry, claimed: ClaimedDownload) -> None:
    found = _bytes_of(drivers, claimed)
    if isinstance(found, Fetched) and _is_whole(found, claimed.media):
        try:
            _keep(claimed, found)
        except UnavailableError:
            _wait_for_storage(claimed)
        return
    is_final = isinstance(found, Failed) and found.tries == 1
    _try_later(claimed.message_id, claimed.attempts, is_final=is_final)


def _try_later(message_id: int, attempts: int, *, is_final: bool = False) -> None:
    if is_final or attempts > len(SCHEDULE):
        _give_up(message_id)
        return
    wait = timedelta(seconds=SCHEDULE[max(attempts, 1) - 1])
    claimed = MediaFetch.objects.filter(message=message_id)
    claimed.update(next_at=Now() + wait, lease_until=None)


def _bytes_of(drivers: GatewayRegistry, claimed: ClaimedDownload) -> Fetched | Failed:
    """Returns the bytes from the webhook, if it had them, else from the gateway.

    A file without a URL or id cannot be requested from the gateway.
    """
    media = claimed.media
    if media.base64:
        return Fetched(decoded(media.base64), media.mime, media.name)
    if not (media.url or media.id):
        return Failed("unreadable", "", tries=1)
    if claimed.ref.is_unreadable:
        return Failed("bad_setup", claimed.ref.unreadable_reason)
    return drivers[claimed.ref.driver].fetch(claimed.ref.account, media)


def _wait_for_storage(claimed: ClaimedDownload) -> None:
    since = claimed.unstored_since
    if since is not None and timezone.now() - since > LONGEST_STORAGE_WAIT:
        _give_up(claimed.message_id)
        return
    if since is None:
        logger.error("message %s: its file cannot be stored", claimed.message_id)
    # An attempt that failed for lack of storage does not count against the gateway.
    MediaFetch.objects.filter(message=claimed.message_id).update(
        next_at=Now() + timedelta(seconds=STORAGE_WAIT),
        lease_until=None,
        attempts=_ONE_LESS,
        unstored_since=Coalesce("unstored_since", Now()),
    )


def _is_whole(found: Fetched, media: Media) -> bool:
    """Returns whether the SHA-256 matches the declared one (hex, base64 or none)."""
    digest = hashlib.sha256(found.content)
    spellings = ("", digest.hexdigest(), b64encode(digest.digest()).decode())
    return media.sha256 in spellings


def _keep(claimed: ClaimedDownload, found: Fetched) -> None:
    sent = as_sent(found.content, found.mime or claimed.media.mime)
    if sent is None or sent.found is None:
        _give_up(claimed.message_id)
        return
    is_as_declared = matches_declared(sent.found, claimed.type, sent.claimed_mime)
    with stored(sent) as attachment, transaction.atomic():
        deleted, _by_model = MediaFetch.objects.filter(
            message=claimed.message_id
        ).delete()
        if deleted:  # not yet stored by another worker
            attach(attachment, claimed.message_id)
            changed = {"error": ""} if is_as_declared else {"error": "", "type": FILE}
            Message.objects.filter(pk=claimed.message_id).update(**changed)


def _give_up(message_id: int) -> None:
    logger.warning("message %s: its file cannot be fetched", message_id)
    with transaction.atomic():
        sentence = _("The file could not be fetched.")
        Message.objects.filter(pk=message_id).update(error=sentence)
        MediaFetch.objects.filter(message=message_id).delete()
