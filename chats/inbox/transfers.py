"""Transfers contacts with a reason and a note, if the manager has a list of reasons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from areas.models import TransferReason
from areas.rules.policies import policy_for
from chats.conversations import assignment
from chats.conversations.audit import Actor, actor_of
from chats.inbox.notes import LONGEST_NOTE, note_of_locked
from contacts.lookup import lock_contact
from contacts.models import Contact
from hci_center.api.parsers import WrongValueError, parse_text
from hci_center.callers import Caller
from hci_center.errors import InvalidError, Sentence

LONGEST_CODE = 32


@dataclass(frozen=True, slots=True)
class Transfer:
    """The code of a reason and an internal note; "" if none is given."""

    reason: str = ""
    note: str = ""


def hand_over(
    caller: Caller, contact: Contact, operator_id: int | None, sent: dict[str, Any]
) -> None:
    """Transfers the contact to an operator, with `reason` and `note`.

    None releases it, which never requires a reason. Raises the errors of
    `assignment.hand_over`, and InvalidError for an invalid reason or note.
    """
    transfer = _validate(caller, contact, sent, is_release=operator_id is None)
    actor = actor_of(caller)
    with _noted(contact, transfer.note, actor):
        assignment.hand_over(contact, operator_id, actor=actor, reason=transfer.reason)


def change_area(
    caller: Caller, contact: Contact, area_id: int, sent: dict[str, Any]
) -> None:
    """Moves the contact to an area, with `reason` and `note`.

    Raises the errors of `assignment.change_area`, and InvalidError for an invalid
    reason or note.
    """
    transfer = _validate(caller, contact, sent)
    actor = actor_of(caller)
    with _noted(contact, transfer.note, actor):
        assignment.change_area(contact, area_id, actor=actor, reason=transfer.reason)


def change_area_and_hand_over(
    caller: Caller,
    contact: Contact,
    area_id: int,
    operator_id: int | None,
    sent: dict[str, Any],
) -> None:
    """Moves the contact to an area and assigns it to an operator, both or nothing.

    After the first step the caller may no longer see the contact, so a separate second
    call could be refused. Raises the errors of `assignment.change_area` and
    `assignment.hand_over`, and InvalidError for an invalid reason or note.
    """
    transfer = _validate(caller, contact, sent)
    actor, reason = actor_of(caller), transfer.reason
    with transaction.atomic(), _noted(contact, transfer.note, actor):
        is_move = lock_contact(contact.pk).area_id != area_id
        assignment.change_area(contact, area_id, actor=actor, reason=reason)
        # The ledger contains the reason only once.
        assignment.hand_over(
            contact, operator_id, actor=actor, reason="" if is_move else reason
        )


def _validate(
    caller: Caller, contact: Contact, sent: dict[str, Any], *, is_release: bool = False
) -> Transfer:
    """Validates and returns reason and note; empty if the manager has no reasons.

    Only people must give a reason, if a policy says so. Programs that send neither cost
    no query.
    """
    given: dict[str, Any] = {
        name: sent[name] for name in ("reason", "note") if name in sent
    }
    if not given and not caller.is_person:
        return Transfer()
    reasons = TransferReason.objects.filter(manager=contact.manager_id, is_active=True)
    codes = set(reasons.values_list("code", flat=True))
    if not codes:
        return Transfer()
    wrong: dict[str, list[Sentence]] = {}
    reason = _text(given, "reason", LONGEST_CODE, wrong)
    note = _text(given, "note", LONGEST_NOTE, wrong)
    if reason and reason not in codes:
        wrong["reason"] = [_("There is no transfer reason with the code %s.") % reason]
    is_required = caller.is_person and not is_release and "reason" not in given
    if is_required and _requires_reason(contact):
        wrong["reason"] = [_("This field is required.")]
    if note and not note.strip():
        wrong["note"] = [_("This contains only blanks.")]
    if wrong:
        raise InvalidError(wrong)
    return Transfer(reason, note)


def _text(
    given: dict[str, Any], name: str, longest: int, wrong: dict[str, list[Sentence]]
) -> str:
    try:
        return parse_text(given.get(name, ""), longest)
    except WrongValueError as error:
        wrong[name] = [error.sentence]
        return ""


def _requires_reason(contact: Contact) -> bool:
    """Whether the policy of the contact's current area requires a reason."""
    return policy_for(contact.manager_id, contact.area_id).transfer_reason_required


@contextmanager
def _noted(contact: Contact, note: str, actor: Actor) -> Iterator[None]:
    """Stores the note in one transaction with the block; "" stores none."""
    if not note:
        yield
        return
    with transaction.atomic():
        yield
        note_of_locked(lock_contact(contact.pk), note, actor)
