"""Downloads names and profile pictures of contacts from their gateway.

The worker does this after the contact's message has been stored, without delaying it.
The picture is copied, because its URL at the gateway expires.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from chats.accounts.registry import (
    COLUMNS,
    WIDTH,
    GatewayAccountRef,
    GatewayRegistry,
    account_ref,
)
from chats.files.conversion.program import PORTRAIT
from chats.files.conversion.reasons import CannotConvertError
from chats.files.picture_copies import encoded_apart
from chats.files.received import as_sent
from chats.files.storage import stored
from chats.gateways.base import Failed, Fetched, Profile
from chats.models import Attachment, Portrait, ProfileFetch
from contacts import photos
from contacts.models import Contact
from hci_center.background import faults
from hci_center.encryption import decrypt, encrypt

logger = logging.getLogger(__name__)

# Gateways with a profile lookup; others send the profile with their messages.
LOOKUP_SOURCES = ("facebook", "evolution")
SCHEDULE = (30.0, 300.0, 1800.0)

# Contacts with a name and a picture are not looked up, others at most once a day.
_REQUEST = """
INSERT INTO chats_profilefetch AS f (contact_id, link, attempts, next_at, asked_at)
SELECT c.id, %(link)s, 0, statement_timestamp(), statement_timestamp()
  FROM contacts_contact c
 WHERE c.id = %(contact)s AND (c.photo = '' OR c.name = c.external_id)
ON CONFLICT (contact_id) DO UPDATE
   SET link = excluded.link, attempts = 0, next_at = statement_timestamp(),
       asked_at = statement_timestamp()
 WHERE f.next_at IS NULL
   AND f.asked_at < statement_timestamp() - interval '1 day'
"""
_CLAIM = f"""
WITH due AS (
  SELECT f.contact_id FROM chats_profilefetch f
   WHERE f.next_at <= statement_timestamp()
     AND (f.lease_until IS NULL OR f.lease_until < statement_timestamp())
   ORDER BY f.next_at LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE chats_profilefetch f
     SET lease_until = statement_timestamp() + interval '4 minutes',
         attempts = f.attempts + 1
    FROM due WHERE f.contact_id = due.contact_id
  RETURNING f.contact_id, f.attempts, f.link
)
SELECT c.id, t.attempts, t.link, c.channel,
       coalesce((SELECT i.alias FROM contacts_identity i
                  WHERE i.contact_id = c.id AND i.is_address LIMIT 1), c.external_id),
       {COLUMNS}
  FROM taken t
  JOIN contacts_contact c ON c.id = t.contact_id
  JOIN managers_manager m ON m.id = c.manager_id
"""  # noqa: S608 - of columns


@dataclass(frozen=True, slots=True)
class ClaimedLookup:
    """A contact whose profile this worker has claimed for lookup."""

    contact_id: int
    attempts: int
    link: str
    person: str
    ref: GatewayAccountRef


def request(contact: Contact, link: str) -> None:
    """Schedules a lookup of the contact's profile if the name or picture is missing.

    `link` is the picture's URL from the gateway's event, or "".
    """
    if contact.photo and contact.name != contact.external_id:
        return
    values: dict[str, Any] = {
        "contact": contact.pk,
        "link": encrypt(link) if link else "",
    }
    with connection.cursor() as cursor:
        cursor.execute(_REQUEST, values)


def claim(room: int) -> list[ClaimedLookup]:
    """Claims up to `room` of the lookups that are due."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [room])
        rows = cursor.fetchall()
    lookups = []
    for row in rows:
        with _isolated(contact_id=row[0], attempts=row[1]):
            lookups.append(_claimed(row))
    return lookups


def release(contact_ids: list[int]) -> None:
    """Releases claimed lookups, so that other workers can claim them at once."""
    claimed = ProfileFetch.objects.filter(contact__in=contact_ids)
    claimed.update(lease_until=None, attempts=Greatest(F("attempts") - 1, 0))


def _claimed(row: Any) -> ClaimedLookup:
    contact_id, attempts, sealed, channel, person, *manager = row
    ref = account_ref(manager[:WIDTH], channel)
    return ClaimedLookup(contact_id, attempts, decrypt(sealed), person, ref)


def fetch(drivers: GatewayRegistry, lookup: ClaimedLookup) -> None:
    """Looks up the profile and stores it; schedules a retry on errors.

    Raises database errors: the lease expires then and the lookup is claimed again.
    """
    with _isolated(lookup.contact_id, lookup.attempts):
        _fetch(drivers, lookup)


def _isolated(contact_id: int, attempts: int) -> AbstractContextManager[None]:
    """Records an error of one lookup and schedules its retry."""
    retry = partial(_try_later, contact_id, attempts)
    return faults.isolate("worker", "profiles", f"contact {contact_id}", retry)


def _fetch(drivers: GatewayRegistry, lookup: ClaimedLookup) -> None:
    ref = lookup.ref
    profile: Profile | Failed = Profile(photo=lookup.link)
    if ref.is_unreadable:
        profile = Failed("bad_setup", ref.unreadable_reason)
    elif not lookup.link:
        profile = drivers[ref.driver].profile(ref.account, lookup.person)
    picture: Fetched | Failed | None = None
    if isinstance(profile, Profile):
        if profile.name:
            nameless = Contact.objects.filter(
                pk=lookup.contact_id, name=F("external_id")
            )
            nameless.update(name=profile.name)
        if profile.photo:
            picture = drivers.picture(ref.account, profile.photo)
        if isinstance(picture, Fetched):
            _keep(lookup.contact_id, picture)
    failed = profile if isinstance(profile, Failed) else picture
    if isinstance(failed, Failed) and failed.tries != 1:
        _try_later(lookup.contact_id, lookup.attempts)
    else:
        _end(lookup.contact_id)


def _try_later(contact_id: int, attempts: int) -> None:
    if attempts > len(SCHEDULE):
        _end(contact_id)
        return
    wait = timedelta(seconds=SCHEDULE[max(attempts, 1) - 1])
    claimed = ProfileFetch.objects.filter(contact=contact_id)
    claimed.update(lease_until=None, next_at=Now() + wait)


def _end(contact_id: int) -> None:
    claimed = ProfileFetch.objects.filter(contact=contact_id)
    claimed.update(lease_until=None, next_at=None, link="")


class _HasPictureError(Exception):
    """The contact has been given a picture in the meantime."""


def _keep(contact_id: int, picture: Fetched) -> None:
    sent = as_sent(picture.content, picture.mime)
    mime = sent.found.mime if sent is not None and sent.found is not None else ""
    try:
        content, mime = encoded_apart(BytesIO(picture.content), mime, PORTRAIT)
    except CannotConvertError:
        logger.warning("contact %s: its picture is not an image", contact_id)
        return
    sent = as_sent(content, mime)
    try:
        with stored(sent) as file, transaction.atomic():
            if file is not None:
                _show(contact_id, file)
    except _HasPictureError:
        logger.info("contact %s: has a picture already", contact_id)


def _show(contact_id: int, file: Attachment) -> None:
    link = f"{settings.PUBLIC_URL}{photos.PATH}{file.uuid}"
    without_photo = Contact.objects.filter(pk=contact_id, photo="")
    if not without_photo.update(photo=link):
        raise _HasPictureError
    kept = {"uuid": file.uuid, "file": file.file, "mime": file.mime}
    Portrait.objects.update_or_create(contact_id=contact_id, defaults=kept)
