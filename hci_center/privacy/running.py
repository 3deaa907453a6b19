"""The worker's job for erasures: one request at a time."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from chats.conversations.audit import Actor
from hci_center.audit.recording import record
from hci_center.background import faults
from hci_center.privacy import tombstones
from hci_center.privacy.certificates import certificate_of
from hci_center.privacy.erasing import Progress, erase_contact
from hci_center.privacy.holds import HELD_CONTACTS
from hci_center.privacy.marks import aliases_of, mark
from hci_center.privacy.models import Request, Subject, Tombstone

# Renewed with each step; after it expires, another worker continues.
LEASE = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)

# Contacts under a legal hold are skipped.
_LEASE = f"""
UPDATE privacy_request r
   SET state = 'running', lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE r.id = (
   SELECT q.id FROM privacy_request q
    WHERE q.state IN ('queued', 'running') AND q.kind = %(kind)s
      AND (q.lease_until IS NULL OR q.lease_until < clock_timestamp())
      AND (q.kind <> 'erasure' OR NOT EXISTS (
            SELECT FROM privacy_subject s
             WHERE s.request_id = q.id AND s.done_at IS NULL
               AND s.contact_id = ANY ({HELD_CONTACTS})))
    ORDER BY q.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING r.id
"""  # noqa: S608 - of constants


class SubjectProgress(Progress):
    """The progress of a contact's erasure, kept in its row."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(dict(subject.counts), subject.chat_id, subject.message_id)
        self._subject = subject

    def save(self) -> None:
        self._subject.counts = self.counts
        self._subject.chat_id, self._subject.message_id = self.chat_id, self.message_id
        self._subject.save(update_fields=["counts", "chat_id", "message_id"])
        renew(self._subject.request_id)


def erase_waiting() -> int:
    """Carries out due erasures; returns the number of completed ones."""
    done = 0
    while (request := lease(Request.Kind.ERASURE)) is not None:
        later = partial(put_off, request)
        with faults.isolate("worker", "erasures", request.code, later):
            _erase(request)
            done += 1
    return done


def lease(kind: str) -> Request | None:
    """Returns the first request of the kind that is due and not under a legal hold."""
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, {"kind": kind, "lease": LEASE.total_seconds()})
        row = cursor.fetchone()
    return None if row is None else Request.objects.get(pk=row[0])


def renew(request_id: int) -> None:
    Request.objects.filter(pk=request_id).update(lease_until=Now() + LEASE)


def put_off(request: Request) -> None:
    """Postpones a request after an error, with increasing delays."""
    failures = request.failures + 1
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    Request.objects.filter(pk=request.pk).update(
        failures=failures, lease_until=Now() + pause
    )


def _erase(request: Request) -> None:
    actor = Actor(request.confirmed_by or request.made_by)
    for subject in request.subjects.select_related("contact").order_by("pk"):
        if subject.done_at is None:
            aliases = _write_tombstone(request, subject)
            progress = SubjectProgress(subject)
            delete_dossiers(subject.contact_id)
            erase_contact(subject.contact, aliases, actor=actor, progress=progress)
            subject.aliases, subject.done_at = "", timezone.now()
            subject.save(update_fields=["aliases", "done_at"])
    _finish(request, actor)


def delete_dossiers(contact_id: int) -> None:
    """Deletes the files of all dossiers about the contact."""
    remove: Any = getattr(default_storage, "purge", default_storage.delete)
    for made in Request.objects.filter(subjects__contact=contact_id).exclude(file=""):
        remove(made.file)
        Request.objects.filter(pk=made.pk).update(file="")


def _write_tombstone(request: Request, subject: Subject) -> list[str]:
    """Writes the tombstone before the first row is changed; returns the person's ids.

    They are stored, encrypted, until the contact is erased, because its rows lose them
    first.
    """
    if subject.aliases:
        found: list[str] = json.loads(subject.aliases)
        return found
    contact = subject.contact
    aliases = aliases_of(contact)
    tombstone = Tombstone(
        at=timezone.now(),
        certificate=request.code,
        manager_id=contact.manager_id,
        marks=[mark(contact.manager_id, contact.channel, alias) for alias in aliases],
    )
    tombstones.write([tombstone])
    with transaction.atomic():
        tombstone.save(force_insert=True)
        subject.aliases, subject.tombstone_id = json.dumps(aliases), tombstone.id
        subject.save(update_fields=["aliases", "tombstone_id"])
    return aliases


@transaction.atomic
def _finish(request: Request, actor: Actor) -> None:
    request.done_at = timezone.now()
    request.state = Request.State.DONE
    request.result = certificate_of(request, request.done_at)
    request.lease_until = None
    request.save(update_fields=["done_at", "state", "result", "lease_until"])
    for subject in request.subjects.all():
        record(
            "erase",
            "contact",
            subject.contact_id,
            manager_id=subject.manager_id,
            after={"certificate": request.code, "counts": subject.counts},
            credential=actor.credential,
        )
