"""Writes the chats of the earlier system with their messages and ledger lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import ChatEvent, Message
from contacts.models import Contact, Identity
from hci_center.legacy.copying import copy, draw_ids, issue_protocols
from hci_center.legacy.documents import Document
from hci_center.legacy.fields import LONGEST_ID, Fields, WrongFieldError
from hci_center.legacy.heads import NUMBERS, Heads, chat_key
from hci_center.legacy.messages import Conversation, Converted, Messages, Row, Totals
from hci_center.legacy.models import ImportRef
from hci_center.legacy.people import Rules
from hci_center.legacy.proof import Digests, read_chat
from hci_center.legacy.references import (
    CHATS,
    CONTACTS,
    ChangedRefs,
    refs_of_keys,
    refs_of_rows,
)
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner, Users

KNOWN = {
    "contactId", "contactNumber", "operatorId", "messages", "facebookId", "createdAt",
    "date", "timestamp", "updatedAt", "protocol", *NUMBERS,
}  # fmt: skip
# A batch ends with the document that fills one of these.
BATCH_CHATS, BATCH_MESSAGES = 200, 5000
ACTOR = Actor("import")
CAUSES = ChatEvent.Cause

_OPEN = """
SELECT h.contact_id, h.id FROM chats_chat h
 WHERE h.contact_id = ANY(%s) AND h.closed_at IS NULL
"""
_TAKEN = """
SELECT h.manager_id, h.protocol FROM chats_chat h
 WHERE h.manager_id = ANY(%s) AND h.protocol = ANY(%s)
"""
# Once for each contact: of several rows an UPDATE takes only one.
_COUNT = """
UPDATE contacts_contact c
   SET unread = c.unread + v.unread,
       last_message_at = greatest(c.last_message_at, v.last_at),
       last_in_at = greatest(c.last_in_at, v.last_in_at),
       waiting_since = CASE WHEN v.answered THEN v.waiting
                            ELSE coalesce(c.waiting_since, v.waiting) END,
       queued_at = coalesce(v.queued, c.queued_at),
       protocol = coalesce(v.protocol, c.protocol)
  FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[],
              %s::boolean[], %s::timestamptz[], %s::timestamptz[], %s::text[])
       AS v (id, unread, last_at, last_in_at, answered, waiting, queued, protocol)
 WHERE c.id = v.id
"""
_SEEN = """
UPDATE chats_chat h SET seen_message_id = greatest(h.seen_message_id, v.id)
  FROM unnest(%s::bigint[], %s::bigint[]) AS v (chat, id) WHERE h.id = v.chat
"""
_SEAL = """
INSERT INTO chats_transcriptseal (chat_id, contact_name, people)
SELECT h.id, c.name, people_in_chat(h.id)
  FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.id = ANY(%s)
"""
# What is appended to a closed chat belongs to figures that are made already.
_MARK = "INSERT INTO report_dirty (chat_id) SELECT unnest(%s::bigint[])"


@dataclass(slots=True)
class Plan:
    """A chat whose document is read: what is written of it."""

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
    # The last message that was in the chat before.
    after: int = 0
    protocol: str = ""

    @property
    def is_new(self) -> bool:
        return self.ref is None


@dataclass(slots=True)
class Batch:
    """Documents of chats, with the rows that they are read with."""

    items: list[tuple[Document, int, bool]]
    contacts: dict[int, Contact]
    aliases: dict[int, set[str]]
    refs: dict[str, ImportRef]
    open_chats: dict[int, int]


class Chats:
    """Writes all chats, in batches, and reads each batch back."""

    def __init__(
        self, rules: Rules, users: Users, heads: Heads, report: Report,
        progress: Callable[[int], Any],
    ) -> None:  # fmt: skip
        self.rules, self.users, self.heads, self.report = rules, users, heads, report
        self.progress = progress
        self.messages = Messages(report)
        self.digests = Digests("chats", report)
        self.message_count = 0

    def read(self, documents: Iterable[Document]) -> None:
        """Writes the chats, in the order in which `heads` has read them."""
        items: list[tuple[Document, int, bool]] = []
        size = 0
        for n, document in enumerate(documents):
            self.report.count("chats", "documents")
            contact_id = self.heads.contact_ids[n]
            if not contact_id or document.values is None:
                continue
            is_newest = self.heads.newest[contact_id][1] == n
            items.append((document, contact_id, is_newest))
            messages = document.values.get("messages")
            size += len(messages) if isinstance(messages, list) else 0
            if len(items) >= BATCH_CHATS or size >= BATCH_MESSAGES:
                self._write(items)
                items, size = [], 0
        self._write(items)

    def _write(self, items: list[tuple[Document, int, bool]]) -> None:
        if not items:
            return
        batch = _load(items)
        plans = [plan for item in items if (plan := self._plan(batch, *item))]
        self._close_earlier(batch, [plan for plan in plans if plan.is_new])
        self._name(plans)
        refs = ChangedRefs()
        self._insert(plans)
        self._update(plans)
        self._refer(plans, refs)
        refs.write()
        for plan in plans:
            self._prove(plan)

    def _plan(
        self, batch: Batch, document: Document, contact_id: int, is_newest: bool
    ) -> Plan | None:
        """Returns what is to be written or compared; None for nothing."""
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
            # It was begun here: ours stays open.
            self.report.warn(plan.place, _("Closed: another chat is open here."))
            plan.is_open = False
        self.report.count("chats", "made")
        self.report.count("messages", "made", plan.count)
        return plan

    def _known(self, plan: Plan, ref: ImportRef, open_chat: int | None) -> Plan | None:
        converted = plan.converted
        if converted.beginning != ref.digest:
            sentence = _("Its first %d messages are not those that were imported.")
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
        """Warns where contact and chat name two operators: the contact's has it."""
        holder = owner.operators.holder(fields.text("operatorId", LONGEST_ID))
        if holder is not None and holder != contact.operator_id:
            sentence = _("Its contact has another operator, which is kept.")
            self.report.warn(f"{place} operatorId", sentence)

    def _close_earlier(self, batch: Batch, plans: list[Plan]) -> None:
        """Closes imported chats that the earlier system has replaced by newer ones."""
        for plan in plans:
            if plan.is_open and plan.contact.pk in batch.open_chats:
                locked = Contact.objects.select_for_update().get(pk=plan.contact.pk)
                operator = locked.operator_id
                close_chat_of_locked(locked, actor=ACTOR, cause=CAUSES.IMPORTED)
                # The newer one is its operator's too.
                locked.operator_id = operator
                locked.save(update_fields=["operator"])

    def _name(self, plans: list[Plan]) -> None:
        """Gives each new chat its protocol: an open one its contact's, if that is free."""
        new = [plan for plan in plans if plan.is_new]
        taken = _taken(new)
        for plan in new:
            given = (plan.owner.id, plan.contact.protocol)
            if plan.is_open and given not in taken:
                plan.protocol = plan.contact.protocol
                taken.add(given)
        nameless = [plan for plan in new if not plan.protocol]
        issued = issue_protocols([plan.owner.id for plan in nameless])
        for plan, protocol in zip(nameless, issued, strict=True):
            plan.protocol = protocol
            if plan.is_open:
                self.report.warn(
                    plan.place, _("Its protocol is taken: it has a new one.")
                )

    def _insert(self, plans: list[Plan]) -> None:
        new = [plan for plan in plans if plan.is_new]
        for plan, chat_id in zip(new, draw_ids("chats_chat", len(new)), strict=True):
            plan.chat_id = chat_id
        for plan in plans:
            if not plan.is_new:
                plan.after = _last_message(plan)
        total = sum(len(plan.converted.rows) for plan in plans)
        ids = iter(draw_ids("chats_message", total))
        numbered = [
            (plan, [(next(ids), r) for r in plan.converted.rows]) for plan in plans
        ]
        copy(
            "chats_chat", (_chat(plan, rows) for plan, rows in numbered if plan.is_new)
        )
        copy("chats_chatevent", (line for plan in new for line in _ledger(plan)))
        copy(
            "chats_message",
            (
                row.columns(n, (plan.owner.id, plan.contact.pk, plan.chat_id))
                for plan, rows in numbered
                for n, row in rows
            ),
        )
        appended = [
            (plan.chat_id, rows[-1][0])
            for plan, rows in numbered
            if rows and not plan.is_new
        ]
        closed = [plan.chat_id for plan in new if not plan.is_open]
        late = [p.chat_id for p in plans if not p.is_new and p.converted.rows]
        with connection.cursor() as cursor:
            if closed:
                cursor.execute(_SEAL, [closed])
            if appended:
                cursor.execute(
                    _SEEN, [list(each) for each in zip(*appended, strict=True)]
                )
                cursor.execute(_MARK, [late])

    def _update(self, plans: list[Plan]) -> None:
        """Counts the messages on their contacts."""
        of_contact: defaultdict[int, list[Plan]] = defaultdict(list)
        for plan in plans:
            if plan.is_new or plan.converted.rows:
                of_contact[plan.contact.pk].append(plan)
        rows = [_counted(pk, each) for pk, each in sorted(of_contact.items())]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(
                    _COUNT, [list(column) for column in zip(*rows, strict=True)]
                )

    def _refer(self, plans: list[Plan], refs: ChangedRefs) -> None:
        replaced = {
            plan.contact.pk: plan
            for plan in plans
            if plan.is_new and plan.is_open and plan.protocol != plan.contact.protocol
        }
        for contact_id, ref in refs_of_rows(CONTACTS, replaced).items():
            ref.protocol = replaced[contact_id].contact.protocol
            refs.change(ref)
        for plan in plans:
            ref = plan.ref or ImportRef(
                collection="chats", key=plan.key, table=CHATS, row_id=plan.chat_id
            )
            ref.digest, ref.messages = plan.converted.all, plan.count
            if plan.is_new:
                refs.add(ref)
            elif plan.converted.rows:
                refs.change(ref)

    def _prove(self, plan: Plan) -> None:
        proves_all = self.rules.proves_all
        self.message_count += plan.count if proves_all else len(plan.converted.rows)
        new = read_chat(
            plan.contact, plan.chat_id, plan.owner,
            after=0 if proves_all else plan.after, with_status=not proves_all,
        )  # fmt: skip
        self.digests.compare(plan.place, plan.converted.compared, new)


def _load(items: list[tuple[Document, int, bool]]) -> Batch:
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
        items, Contact.objects.in_bulk(ids), aliases, refs_of_keys("chats", keys),
        open_chats,
    )  # fmt: skip


def _taken(plans: list[Plan]) -> set[tuple[int, str]]:
    """Returns the protocols, with their managers, that chats have already."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKEN,
            [
                list({plan.owner.id for plan in plans}),
                list({plan.contact.protocol for plan in plans}),
            ],
        )
        return set(cursor.fetchall())


def _last_message(plan: Plan) -> int:
    newest = Message.objects.filter(chat=plan.chat_id).order_by("-id")
    return newest.values_list("id", flat=True).first() or 0


def _chat(plan: Plan, rows: list[tuple[int, Row]]) -> list[Any]:
    return [
        plan.chat_id, plan.owner.id, plan.contact.pk, plan.protocol, _opened_at(plan),
        None if plan.is_open else _closed_at(plan), rows[-1][0] if rows else 0, None,
    ]  # fmt: skip


def _opened_at(plan: Plan) -> datetime:
    return min(plan.begins, plan.converted.totals.first_at or plan.begins)


def _closed_at(plan: Plan) -> datetime:
    return max(plan.begins, plan.converted.totals.last_at or plan.begins)


def _ledger(plan: Plan) -> list[list[Any]]:
    """Returns the lines of a new chat: nothing is invented between its two ends."""
    contact = plan.contact
    before = [plan.owner.id, plan.chat_id]
    kinds = ChatEvent.Kind
    lines = [
        [
            *before, kinds.OPENED, _opened_at(plan), contact.area_id,
            contact.operator_id if plan.is_open else None, ACTOR.credential,
            CAUSES.IMPORT, contact.sa,
        ]
    ]  # fmt: skip
    if not plan.is_open:
        lines.append(
            [
                *before, kinds.CLOSED, _closed_at(plan), contact.area_id, None,
                ACTOR.credential, CAUSES.IMPORTED, contact.sa,
            ]
        )  # fmt: skip
    return lines


def _counted(contact_id: int, plans: list[Plan]) -> list[Any]:
    """Returns the contact's row for _COUNT: only in its open chat somebody waits."""
    last = [p.converted.totals.last_at for p in plans if p.converted.totals.last_at]
    last_in = [
        p.converted.totals.last_in_at for p in plans if p.converted.totals.last_in_at
    ]
    current = next((plan for plan in plans if plan.is_open), None)
    totals = current.converted.totals if current else Totals()
    is_new = current is not None and current.is_new
    return [
        contact_id, totals.unread, max(last, default=None), max(last_in, default=None),
        totals.is_answered, totals.waiting_since,
        _opened_at(current) if current and is_new else None,
        current.protocol if current and is_new else None,
    ]  # fmt: skip
