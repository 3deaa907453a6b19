"""Repeats erasures after a backup was restored.

The tombstones of the database and of `erasures.jsonl` are merged: a backup that is
older than an erasure lacks its tombstone, a new machine lacks the file.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, transaction

from chats.conversations.audit import Actor
from contacts.models import Contact
from hci_center.audit.recording import record
from hci_center.background.nightly_checks import Finding
from hci_center.privacy import tombstones
from hci_center.privacy.erasing import Progress, erase_contact
from hci_center.privacy.marks import aliases_of, possible_marks
from hci_center.privacy.models import Tombstone

logger = logging.getLogger(__name__)

# One process at a time; the number is arbitrary.
LOCK = 0x48434945
ACTOR = Actor("command:erasures")

# All ids of contacts that were created before the latest erasure of their manager.
_KNOWN = """
SELECT c.id, c.channel, i.alias, c.created_at FROM contacts_contact c
  JOIN contacts_identity i ON i.contact_id = c.id
 WHERE c.manager_id = %(manager)s AND c.created_at < %(newest)s
 UNION ALL
SELECT c.id, c.channel, c.external_id, c.created_at FROM contacts_contact c
 WHERE c.manager_id = %(manager)s AND c.created_at < %(newest)s
   AND c.external_id NOT LIKE 'apagado-%%'
"""


def apply_if_restored() -> int:
    """Repeats erasures if the database lacks a tombstone of the file (was restored).

    Missing tombstones are added to the file. Returns the number of erased contacts.
    """
    in_file = tombstones.read()
    in_database = set(Tombstone.objects.values_list("pk", flat=True))
    if in_database == in_file.keys():
        return 0
    return apply()


def apply(source: Path | None = None) -> int:
    """Merges the tombstones, also with those of another file; erases their persons.

    Returns the number of erased contacts. Raises UnreadableTombstonesError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            return _apply(source)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def erased_but_present() -> Iterator[Finding]:
    """Yields the contacts that match a tombstone of the database or the file."""
    known = {each.pk: each for each in Tombstone.objects.all()}
    buried = [*(tombstones.read() | known).values()]
    for contact_id, certificate in _found(buried):
        contact = Contact.objects.get(pk=contact_id)
        detail = f"contact {contact_id}, {certificate}"
        yield Finding(contact.manager_id, detail=detail)


def _apply(source: Path | None) -> int:
    in_file = tombstones.read()
    given = {**in_file, **(tombstones.read(source) if source else {})}
    known = {each.pk: each for each in Tombstone.objects.all()}
    missing = [each for each in (given | known).values() if each.pk not in in_file]
    if missing:
        tombstones.write(missing)
    Tombstone.objects.bulk_create(
        [each for each in given.values() if each.pk not in known],
        ignore_conflicts=True,
    )
    erased = 0
    for contact_id, certificate in _found(list((given | known).values())):
        contact = Contact.objects.get(pk=contact_id)
        _erase(contact, certificate)
        erased += 1
    return erased


def _found(buried: list[Tombstone]) -> list[tuple[int, str]]:
    """Returns the contacts that match a tombstone, each with its certificate."""
    by_manager: defaultdict[int, list[Tombstone]] = defaultdict(list)
    for tombstone in buried:
        by_manager[tombstone.manager_id].append(tombstone)
    found: dict[int, str] = {}
    for manager_id, theirs in by_manager.items():
        marked = {mark: each for each in theirs for mark in each.marks}
        newest = max(each.at for each in theirs)
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, {"manager": manager_id, "newest": newest})
            for contact_id, channel, alias, created_at in cursor.fetchall():
                for mark in possible_marks(manager_id, channel, alias) & marked.keys():
                    if created_at < marked[mark].at:
                        found[contact_id] = marked[mark].certificate
    return sorted(found.items())


def _erase(contact: Contact, certificate: str) -> None:
    progress = Progress()
    aliases = aliases_of(contact)
    erase_contact(contact, aliases, actor=ACTOR, progress=progress)
    with transaction.atomic():
        record(
            "erase",
            "contact",
            contact.pk,
            manager_id=contact.manager_id,
            after={
                "certificate": certificate,
                "counts": progress.counts,
                "again": True,
            },
            credential=ACTOR.credential,
        )
    logger.warning("Contact %d was erased again: %s", contact.pk, certificate)
