"""Explains an assignment: why this operator, or why nobody yet."""

from __future__ import annotations

from typing import Any

from areas.rules.in_force import in_force
from chats.conversations.reading import ReadRequest, find_conversation
from chats.models import AssignmentRecord, MenuState
from chats.rules.assignment import choose
from chats.rules.candidates import explain_choice
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.database.clock import server_time
from hci_center.times import as_time


def explain(caller: Caller, request: ReadRequest) -> dict[str, Any]:
    """Returns the chat's latest automatic assignment and, if waiting, the candidates.

    `assignment` is None if there was none, `waiting` if the chat does not wait in an
    area; it is empty while nobody is assigned there: closed, or without a rule. Raises
    the errors of `find_conversation`.
    """
    conversation = find_conversation(caller, request)
    # It may be closed by now.
    chat_id = conversation.chat_id
    return {
        "assignment": _assignment(chat_id),
        "waiting": _waiting(conversation.contact, chat_id),
    }


def _assignment(chat_id: int | None) -> dict[str, Any] | None:
    record = (
        AssignmentRecord.objects.filter(event__chat=chat_id)
        .select_related("event")
        .order_by("-event_id")
        .first()
    )
    if record is None:
        return None
    return {
        "at": as_time(record.event.at),
        "rule": record.rule,
        "trigger": record.trigger,
        "operatorId": str(record.event.operator_id),
        "candidates": record.candidates,
    }


def _waiting(contact: Contact, chat_id: int | None) -> list[dict[str, Any]] | None:
    if contact.operator_id is not None or contact.area_id is None:
        return None
    if MenuState.objects.filter(chat=chat_id).exists():
        return None
    rules = in_force(contact.manager_id, contact.area_id)
    if not rules.timetable.is_open(server_time()):
        return []
    choice = choose(contact.pk, contact.area_id, rules.policy)
    first = next((one for one in choice.candidates if one.passed is None), None)
    explain_choice(
        choice.candidates, None if first is None else first.operator_id, choice.rule
    )
    return [one.as_json() for one in choice.candidates]
