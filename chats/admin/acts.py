"""The actions on a chat in the back-office: their forms, conditions and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from areas.operators import find_operator
from chats.admin.act_forms import (
    ActForm,
    ClaimForm,
    CloseForm,
    MoveForm,
    NoFields,
    NoteForm,
    TagsForm,
    TransferForm,
)
from chats.conversations.assignment import claim
from chats.conversations.audit import act_as
from chats.conversations.reading import ReadRequest
from chats.inbox.closing import REOPENED_WITHIN, close, reopen
from chats.inbox.notes import write_note
from chats.inbox.tags import change_tags
from chats.inbox.transfers import change_area, hand_over
from chats.models import Chat
from contacts.manager_ref import ManagerRef
from contacts.models import Channel
from hci_center.api.parsers import parse_contact_key
from hci_center.callers import Caller

Rule = Callable[[Caller, Chat, ActForm], object]


@dataclass(frozen=True, slots=True)
class Act:
    """An action on a chat: its form, when it is available, and its rule."""

    name: str
    title: Any
    done: Any
    form_class: type[ActForm]
    is_offered: Callable[[Chat], bool]
    rule: Rule
    explanation: Any = ""


def request_of(chat: Chat) -> ReadRequest:
    """Returns the request of a call about the chat's contact, without an operator."""
    manager: ManagerRef = {}
    if chat.contact.channel == Channel.FACEBOOK:
        if chat.manager.facebook_id:
            manager = {"facebook_id": chat.manager.facebook_id}
    elif chat.manager.number is not None:
        manager = {"number": chat.manager.number}
    return ReadRequest(parse_contact_key(chat.contact.external_id), 0, manager)


def _claim(caller: Caller, chat: Chat, form: ActForm) -> None:
    operator_id = form.cleaned_data["operator"]
    scope = find_operator(chat.manager_id, operator_id)
    claim(chat.contact, scope, actor=act_as(caller, operator_id))


def _transfer(caller: Caller, chat: Chat, form: ActForm) -> None:
    operator_id = form.cleaned_data["operator"] or None
    hand_over(caller, chat.contact, operator_id, form.sent())


def _move(caller: Caller, chat: Chat, form: ActForm) -> None:
    change_area(caller, chat.contact, form.cleaned_data["area"], form.sent())


def _close(caller: Caller, chat: Chat, form: ActForm) -> None:
    close(
        caller,
        request_of(chat),
        reason=form.cleaned_data.get("reason", ""),
        survey=form.cleaned_data["survey"],
    )


def _reopen(caller: Caller, chat: Chat, form: ActForm) -> None:
    reopen(caller, request_of(chat), chat.protocol)


def _note(caller: Caller, chat: Chat, form: ActForm) -> None:
    write_note(caller, request_of(chat), form.cleaned_data["text"])


def _tag(caller: Caller, chat: Chat, form: ActForm) -> None:
    present: set[str] = getattr(form, "present", set())
    wanted = set(form.cleaned_data["tags"])
    change_tags(
        caller,
        request_of(chat),
        add=sorted(wanted - present),
        remove=sorted(present - wanted),
    )


def _is_open(chat: Chat) -> bool:
    return chat.closed_at is None


def _waits(chat: Chat) -> bool:
    return chat.closed_at is None and chat.contact.operator_id is None


def _may_reopen(chat: Chat) -> bool:
    at = chat.closed_at
    return at is not None and timezone.now() - at < REOPENED_WITHIN


ACTS = {
    act.name: act
    for act in (
        Act(
            "claim",
            gettext_lazy("Claim for an operator"),
            gettext_lazy("The operator has the chat now."),
            ClaimForm,
            _waits,
            _claim,
        ),
        Act(
            "transfer",
            gettext_lazy("Transfer"),
            gettext_lazy("The chat was transferred."),
            TransferForm,
            _is_open,
            _transfer,
            gettext_lazy("The operator gets the contact, whoever had it before."),
        ),
        Act(
            "move",
            gettext_lazy("Move to an area"),
            gettext_lazy("The chat was moved."),
            MoveForm,
            _is_open,
            _move,
            gettext_lazy("Its operator lets go of it unless he serves that area too."),
        ),
        Act(
            "note",
            gettext_lazy("Write a note"),
            gettext_lazy("The note was kept."),
            NoteForm,
            _is_open,
            _note,
        ),
        Act(
            "tags",
            gettext_lazy("Tags"),
            gettext_lazy("The tags were changed."),
            TagsForm,
            lambda chat: True,
            _tag,
        ),
        Act(
            "close",
            gettext_lazy("Close chat"),
            gettext_lazy("Chat closed."),
            CloseForm,
            _is_open,
            _close,
            gettext_lazy("The messages stay; the operator lets go of the contact."),
        ),
        Act(
            "reopen",
            gettext_lazy("Reopen"),
            gettext_lazy("The chat is open again."),
            NoFields,
            _may_reopen,
            _reopen,
        ),
    )
}
