"""Writes the chats of the earlier system with their messages and ledger lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext as _

from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import Message
from contacts.models import Contact
from hci_center.legacy.chat_plans import Batch, Item, Plan, Planner, Progress, load
from hci_center.legacy.chat_rows import (
    ACTOR,
    CAUSES,
    chat_row,
    contact_counts,
    ledger_rows,
    message_rows,
)
from hci_center.legacy.copying import allocate_ids, copy, issue_protocols
from hci_center.legacy.documents import Document
from hci_center.legacy.heads import Heads
from hci_center.legacy.models import ImportRef
from hci_center.legacy.people import Rules
from hci_center.legacy.proof import Digests, read_chat
from hci_center.legacy.references import (
    CHATS,
    CONTACTS,
    ChangedRefs,
    refs_of_rows,
)
from hci_center.legacy.report import Report
from hci_center.legacy.users import Users

# A batch ends when one of these limits is reached.
BATCH_CHATS, BATCH_MESSAGES = 200, 5000

_TAKEN = """
SELECT h.manager_id, h.protocol FROM chats_chat h
 WHERE h.manager_id = ANY(%s) AND h.protocol = ANY(%s)
"""
# One row per contact: an UPDATE uses only one of several matching rows.
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
# Messages appended to a closed chat change figures that are already computed.
_MARK = "INSERT INTO report_dirty (chat_id) SELECT unnest(%s::bigint[])"


class Chats:
    """Writes all chats, in batches, and reads each batch back."""

    def __init__(
        self, rules: Rules, users: Users, heads: Heads, report: Report,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.rules, self.heads, self.report = rules, heads, report
        self.planner = Planner(rules, users, report, progress)
        self.digests = Digests("chats", report)
        self.message_count = 0

    def read(self, documents: Iterable[Document]) -> None:
        """Writes the chats, in the order in which `heads` read them."""
        items: list[Item] = []
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

    def _write(self, items: list[Item]) -> None:
        if not items:
            return
        batch = load(items)
        plans = [plan for item in items if (plan := self.planner.plan(batch, *item))]
        self._close_earlier(batch, [plan for plan in plans if plan.is_new])
        self._name(plans)
        refs = ChangedRefs()
        self._insert(plans)
        self._update(plans)
        self._refer(plans, refs)
        refs.write()
        for plan in plans:
            self._prove(plan)

    def _close_earlier(self, batch: Batch, plans: list[Plan]) -> None:
        """Closes imported chats that the earlier system has replaced by newer ones."""
        for plan in plans:
            if plan.is_open and plan.contact.pk in batch.open_chats:
                locked = Contact.objects.select_for_update().get(pk=plan.contact.pk)
                operator = locked.operator_id
                close_chat_of_locked(locked, actor=ACTOR, cause=CAUSES.IMPORTED)
                # The newer one has the same operator.
                locked.operator_id = operator
                locked.save(update_fields=["operator"])

    def _name(self, plans: list[Plan]) -> None:
        """Assigns protocols to new chats: to an open one its contact's, if free."""
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
        """Writes the new chats, and the messages of all."""
        new = [plan for plan in plans if plan.is_new]
        for plan, chat_id in zip(
            new, allocate_ids("chats_chat", len(new)), strict=True
        ):
            plan.chat_id = chat_id
        total = sum(len(plan.converted.rows) for plan in plans)
        ids = iter(allocate_ids("chats_message", total))
        for plan in plans:
            plan.after = 0 if plan.is_new else _last_message(plan)
            plan.message_ids = [next(ids) for _row in plan.converted.rows]
        copy("chats_chat", (chat_row(plan) for plan in new))
        copy("chats_chatevent", (line for plan in new for line in ledger_rows(plan)))
        copy("chats_message", (row for plan in plans for row in message_rows(plan)))
        closed = [plan.chat_id for plan in new if not plan.is_open]
        appended = [p for p in plans if p.message_ids and not p.is_new]
        with connection.cursor() as cursor:
            if closed:
                cursor.execute(_SEAL, [closed])
            if appended:
                chats = [plan.chat_id for plan in appended]
                last = [plan.message_ids[-1] for plan in appended]
                cursor.execute(_SEEN, [chats, last])
                cursor.execute(_MARK, [chats])

    def _update(self, plans: list[Plan]) -> None:
        """Counts the messages on their contacts."""
        of_contact: defaultdict[int, list[Plan]] = defaultdict(list)
        for plan in plans:
            if plan.is_new or plan.converted.rows:
                of_contact[plan.contact.pk].append(plan)
        rows = [contact_counts(pk, each) for pk, each in sorted(of_contact.items())]
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


def _taken(plans: list[Plan]) -> set[tuple[int, str]]:
    """Returns the protocols, with their managers, that chats already have."""
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
