"""Erases a contact and all data about it, in short transactions.

The contact is emptied first, so that messages received meanwhile create a new contact.
Each step is recorded in its own transaction, so that an interrupted erasure is resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.files.storage import purge
from chats.models import Chat, ChatEvent
from contacts.models import Contact
from hci_center.database.timeouts import Timeouts, other_timeouts, timeouts
from hci_center.privacy import erasing_rows as rows
from hci_center.privacy import raw_events
from hci_center.privacy.erasing_rows import Counts, FoundFile
from hci_center.privacy.marks import feed_ids
from hci_center.privacy.persons import merged_into

BATCH = 500
# How many changes of the feed are searched with one statement.
FEED_STEP = 20_000

_FEED_BEGIN = "SELECT coalesce(min(seq), 0) - 1 FROM change_feed WHERE manager_id = %s"


@dataclass
class Progress:
    """The progress of an erasure, and the number of erased rows of each kind."""

    counts: Counts = field(default_factory=dict)
    chat_id: int = 0
    message_id: int = 0

    def add(self, counts: Counts) -> None:
        """Adds the counts of a step, in its transaction."""
        for kind, n in counts.items():
            rows.count(self.counts, kind, n)
        self.save()

    def save(self) -> None:
        """Stores the progress; may raise to stop. By default, only in memory."""


@contextmanager
def patiently() -> Iterator[None]:
    """Allows statements of several minutes: raw events are searched by text."""
    usual = timeouts()
    with other_timeouts(
        connection, Timeouts(600, usual.lock, usual.idle_in_transaction)
    ):
        yield


def erase_contact(
    contact: Contact, aliases: list[str], *, actor: Actor, progress: Progress
) -> None:
    """Erases the contact with these ids, starting at the stored progress."""
    if "contacts" not in progress.counts:
        _take_out(contact, aliases, actor, progress)
    for each in merged_into(contact, aliases):
        _take_out(each, aliases, actor, progress)
    _erase_from_feed(contact, aliases, progress)
    chats = Chat.objects.filter(contact=contact, pk__gte=progress.chat_id)
    for chat_id in chats.order_by("pk").values_list("pk", flat=True):
        _erase_chat(chat_id, aliases, progress)
    pattern = raw_events.pattern_of(aliases)
    if pattern is None:
        return
    with patiently():
        for emptied in raw_events.erase_events(contact.manager_id, pattern):
            progress.add({"rawEvents": emptied})
        for deleted in raw_events.erase_answers(contact.manager_id, pattern):
            progress.add({"storedAnswers": deleted})


def _take_out(
    contact: Contact, aliases: list[str], actor: Actor, progress: Progress
) -> None:
    """Closes the open chat and empties the contact, in one transaction."""
    purge_files(rows.portrait_of(contact.pk))
    with transaction.atomic():
        locked = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        if close_chat_of_locked(locked, actor=actor, cause=ChatEvent.Cause.ERASED):
            progress.add({"closed": 1})
        # Captured by the feed, unlike the later steps: every client removes the
        # contact.
        rows.anonymise(locked.pk)
        rows.disable_capture()
        progress.add(rows.erase_related_rows(locked.pk, aliases))
        files = rows.erase_portrait(locked.pk)
        progress.add({"contacts": 1, "files": len(files)})
    purge_files(files)


def _erase_chat(chat_id: int, aliases: list[str], progress: Progress) -> None:
    if chat_id != progress.chat_id:
        progress.chat_id, progress.message_id = chat_id, 0
    while ids := rows.batch(chat_id, progress.message_id, BATCH):
        # Before the rows are deleted: an interrupted run still finds the files.
        known = rows.files_of(ids)
        purge_files(known)
        with transaction.atomic():
            rows.disable_capture()
            counts, files = rows.erase_messages(ids, aliases)
            progress.message_id = ids[-1]
            progress.add(counts)
        # Files that a download has stored in the meantime.
        purge_files([file for file in files if file not in known])
    rows.erase_from_log("chats", "chat", [chat_id])


def purge_files(files: list[FoundFile]) -> None:
    """Removes stored files permanently; to be called outside a transaction."""
    for uuid, name in files:
        purge(UUID(str(uuid)), name)


def _erase_from_feed(contact: Contact, aliases: list[str], progress: Progress) -> None:
    """Empties the feed's events about the contact, which must already be deleted."""
    ids = feed_ids(contact.channel, aliases)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT change_forget_waiting(%s, %s::bigint[], %s::text[])",
            [contact.manager_id, [contact.pk], ids],
        )
        (latest,) = cursor.fetchone()
        cursor.execute(_FEED_BEGIN, [contact.manager_id])
        (after,) = cursor.fetchone()
        while after < latest:
            upto = min(after + FEED_STEP, latest)
            cursor.execute(
                "SELECT change_forget(%s, %s::text[], %s, %s)",
                [contact.manager_id, ids, after, upto],
            )
            progress.add({"feed": cursor.fetchone()[0]})
            after = upto
