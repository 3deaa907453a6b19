"""The rows of a chat: its own, its ledger lines, and its contact's counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chats.conversations.audit import Actor
from chats.models import ChatEvent
from hci_center.legacy.chat_plans import Plan
from hci_center.legacy.messages import Totals

ACTOR = Actor("import")
CAUSES = ChatEvent.Cause


def chat_row(plan: Plan) -> list[Any]:
    """Returns the chat for COPY, with all messages marked as seen by the rules."""
    return [
        plan.chat_id, plan.owner.id, plan.contact.pk, plan.protocol, plan.opened_at,
        None if plan.is_open else plan.closed_at, plan.message_ids[-1] if plan.message_ids else 0, None,
    ]  # fmt: skip


def message_rows(plan: Plan) -> Iterator[list[Any]]:
    """Yields the messages for COPY."""
    ids = (plan.owner.id, plan.contact.pk, plan.chat_id)
    for message_id, row in zip(plan.message_ids, plan.converted.rows, strict=True):
        yield row.columns(message_id, ids)


def ledger_rows(plan: Plan) -> list[list[Any]]:
    """Returns the ledger of a new chat: only its opening and closing."""
    contact = plan.contact
    before = [plan.owner.id, plan.chat_id]
    kinds = ChatEvent.Kind
    lines = [
        [
            *before, kinds.OPENED, plan.opened_at, contact.area_id,
            contact.operator_id if plan.is_open else None, ACTOR.credential,
            CAUSES.IMPORT, contact.sa,
        ]
    ]  # fmt: skip
    if not plan.is_open:
        lines.append(
            [
                *before, kinds.CLOSED, plan.closed_at, contact.area_id, None,
                ACTOR.credential, CAUSES.IMPORTED, contact.sa,
            ]
        )  # fmt: skip
    return lines


def contact_counts(contact_id: int, plans: list[Plan]) -> list[Any]:
    """Returns the contact's counts: only an open chat can be waiting."""
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
        current.opened_at if current and is_new else None,
        current.protocol if current and is_new else None,
    ]  # fmt: skip
