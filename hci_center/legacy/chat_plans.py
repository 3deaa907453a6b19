"""Reads a chat's document and plans what to write for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from contacts.models import Contact, Identity
from hci_center.legacy.documents import Document
from hci_center.legacy.fields import LONGEST_ID, Fields, WrongFieldError
from hci_center.legacy.heads import NUMBERS, chat_key
from hci_center.legacy.messages import Conversation, Converted, Messages
from hci_center.legacy.models import ImportRef
from hci_center.legacy.people import Rules
from hci_center.legacy.references import CHATS, refs_of_keys, refs_of_rows
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner, Users

KNOWN = {
    "contactId", "contactNumber", "operatorId", "messages", "facebookId", "createdAt",
    "date", "timestamp", "updatedAt", "protocol", *NUMBERS,
}  # fmt: skip

_OPEN = """
SELECT h.contact_id, h.id FROM chats_chat h
 WHERE h.contact_id = ANY(%s) AND h.closed_at IS NULL
"""

Progress = Callable[[int], Any]
# A document, its contact's id, and whether it is the newest chat of the contact.
Item = tuple[Document, int, bool]


@dataclass(slots=True)
class Plan:
    """The planned rows of a chat's document."""

    place: str
    key: str
    owner: Owner
    contact: Contact
    shown_id: str
    converted: Converted
    begins: datetime
    chat_id: int
    is_open: bool
    ref: ImportRef | None
    count: int
    # The last message that was in the chat before the import.
    after: int = 0
    protocol: str = ""
    message_ids: list[int] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.ref is None

    @property
    def opened_at(self) -> datetime:
        return min(self.begins, self.converted.totals.first_at or self.begins)

    @property
    def closed_at(self) -> datetime:
        return max(self.begins, self.converted.totals.last_at or self.begins)


@dataclass(slots=True)
class Batch:
    """The existing rows for a batch of chats."""

    contacts: dict[int, Contact]
    aliases: dict[int, set[str]]
    refs: dict[str, ImportRef]
    open_chats: dict[int, int]


class Planner:
    """Reads documents of chats and plans what to write for each."""

    def __init__(
        self, rules: Rules, users: Users, report: Report, progress: Progress
    ) -> None:
        self.rules, self.users, self.report = rules, users, report
        self.progress = progress
        self.messages = Messages(report)

    def plan(
        self, batch: Batch, document: Document, contact_id: int, is_newest: bool
    ) -> Plan | None:
        """Returns what to write or compare; None for nothing."""
        fields = Fields(document.values or {})
        contact = batch.contacts[contact_id]
        owner = self.users.owners[contact.manager_id]
        try:
            key, documents = chat_key(fields), fields.objects("messages")
            self._compare_operators(document.place, fields, owner, contact)
            begins = min(fields.time() or self.rules.now, self.rules.now)
        except WrongFieldError as error:
            place = f"{document.place} {error.name}"
            self.report.error("chats", place, error.sentence)
            return None
        self.report.note_fields("chats", fields.unknown(KNOWN))
        self.report.count("messages", "documents", len(documents))
        self.progress(len(documents))
        ref = batch.refs.get(key)
        shown_id = str(contact.public_id)
        talk = Conversation(
            document.place, owner, contact.channel, shown_id,
            frozenset(batch.aliases[contact_id]), begins, self.rules.now,
        )  # fmt: skip
        first = 0 if ref is None else ref.messages
        converted = self.messages.convert(
            talk, documents, first, proves_all=self.rules.proves_all
        )
        if converted is None:
            return None
        chat_id = batch.open_chats.get(contact_id) if is_newest else None
        plan = Plan(
            document.place, key, owner, contact, shown_id, converted, begins,
            ref.row_id if ref else 0,
            is_newest and contact.deleted_at is None, ref, len(documents),
        )  # fmt: skip
        if ref is not None:
            return self._known(plan, ref, batch.open_chats.get(contact_id))
        return self._new(plan, chat_id)

    def _new(self, plan: Plan, open_chat: int | None) -> Plan:
        if plan.is_open and open_chat and not refs_of_rows(CHATS, [open_chat]):
            # It was opened in the new system, and stays open.
            self.report.warn(plan.place, _("Closed: another chat is open here."))
            plan.is_open = False
        self.report.count("chats", "made")
        self.report.count("messages", "made", plan.count)
        return plan

    def _known(self, plan: Plan, ref: ImportRef, open_chat: int | None) -> Plan | None:
        converted = plan.converted
        if converted.beginning != ref.digest:
            sentence = _("Its first messages are not the %d that were imported.")
            place = f"{plan.place} messages"
            self.report.error("chats", place, sentence % ref.messages)
            return None
        self.report.count("messages", "same", ref.messages)
        plan.is_open = open_chat == ref.row_id
        if not converted.rows:
            self.report.count("chats", "same")
            return plan if self.rules.proves_all else None
        if not self.rules.is_delta:
            self.report.warn(plan.place, _("It has more messages: use --delta."))
            self.report.count("chats", "skipped")
            self.report.count("messages", "skipped", len(converted.rows))
            return None
        self.report.count("chats", "changed")
        self.report.count("messages", "made", len(converted.rows))
        return plan

    def _compare_operators(
        self, place: str, fields: Fields, owner: Owner, contact: Contact
    ) -> None:
        """Warns if contact and chat have different operators: the contact's is used."""
        holder = owner.operators.holder(fields.text("operatorId", LONGEST_ID))
        if holder is not None and holder != contact.operator_id:
            sentence = _("Its contact has another operator, which is kept.")
            self.report.warn(f"{place} operatorId", sentence)


def load(items: list[Item]) -> Batch:
    """Reads the existing chats and contacts of the documents."""
    ids = list({contact_id for _document, contact_id, _newest in items})
    aliases: defaultdict[int, set[str]] = defaultdict(set)
    named = Identity.objects.filter(contact__in=ids).values_list("contact_id", "alias")
    for contact_id, alias in named:
        aliases[contact_id].add(alias)
    keys = []
    for document, _contact_id, _newest in items:
        keys.append(chat_key(Fields(document.values or {})))
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [ids])
        open_chats = dict(cursor.fetchall())
    return Batch(
        Contact.objects.in_bulk(ids), aliases, refs_of_keys("chats", keys),
        open_chats,
    )  # fmt: skip
