"""What a supervisor does from the page of a chat, by the functions that the API uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.operators import find_operator
from chats.admin.act_forms import (
    ActForm,
    ClaimForm,
    CloseForm,
    MoveForm,
    NoFields,
    NoteForm,
    Situation,
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
from chats.messages.resend import resend
from chats.models import Chat
from contacts.manager_ref import ManagerRef
from contacts.models import Channel
from hci_center.api.parsers import parse_contact_key
from hci_center.audit.recording import record
from hci_center.callers import Caller
from hci_center.errors import InvalidError
from managers.admin.impact import Fact, Impact, agreed
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import TenantAdmin, caller_behind

Rule = Callable[[Caller, Chat, ActForm], object]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done to a chat: its form, when it is offered, and its rule."""

    name: str
    title: Any
    done: Any
    form_class: type[ActForm]
    is_offered: Callable[[Chat], bool]
    rule: Rule
    explanation: Any = ""


def request_of(chat: Chat) -> ReadRequest:
    """Returns what a call sends to name the chat's contact, as nobody in particular."""
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


class ActingAdmin(TenantAdmin):
    """The pages of the acts of a chat; whoever may not "act" finds none."""

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<str:object_id>/act/<slug:name>/",
                wrap(self.act_view),
                name="chats_chat_act",
            ),
            path(
                "<str:object_id>/resend/<uuid:message>/",
                wrap(self.resend_view),
                name="chats_chat_resend",
            ),
        ]
        return [*own, *super().get_urls()]

    def acts_of(self, request: HttpRequest, chat: Chat) -> list[tuple[Act, ActForm]]:
        """Returns what may be done to the chat now, each with its empty form."""
        if not self.may_act_on(request, chat):
            return []
        situation = Situation(chat)
        return [
            (act, act.form_class(None, situation, act.name))
            for act in ACTS.values()
            if act.is_offered(chat)
        ]

    def may_act_on(self, request: HttpRequest, chat: Chat) -> bool:
        """Whether the person may act, and the contact has not been deleted."""
        return self.may(request, "act") and chat.contact.deleted_at is None

    def _chat(self, request: HttpRequest, object_id: str) -> Chat:
        """Returns the chat; raises Http404 for one that the person may not act on."""
        chat: Chat | None = None
        if is_row_id(object_id):
            chat = self.get_object(request, object_id)
        if chat is None or not self.may_act_on(request, chat):
            raise Http404
        return chat

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Shows the form of an act on a page of its own, and does it when it is sent."""
        chat, act = self._chat(request, object_id), ACTS.get(name)
        if act is None or not act.is_offered(chat):
            raise Http404
        return show_refusal(request, self._act, chat, act)

    def _act(self, request: HttpRequest, chat: Chat, act: Act) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = act.form_class(data, Situation(chat), act.name)
        if data is not None and form.is_valid():
            try:
                with transaction.atomic():
                    self._say_first(request, act, form)
                    act.rule(self._caller(request, chat), chat, form)
                    self._record(request, chat, act.name, str(act.done))
            except InvalidError as wrong:
                _add_errors(form, wrong)
            else:
                return self._done(request, chat, str(act.done))
        context = {
            **self.admin_site.each_context(request),
            "title": act.title,
            "opts": self.opts,
            "original": chat,
            "act": act,
            "form": form,
        }
        return TemplateResponse(request, "admin/chats/chat/act.html", context)

    def _say_first(self, request: HttpRequest, act: Act, form: ActForm) -> None:
        """Raises UnconfirmedError until the person has agreed to what is said."""
        warnings = form.warnings()
        if warnings:
            known = Fact("warnings", _("Remarks"), len(warnings), warnings)
            impact = Impact(
                title=str(act.title),
                facts=[known],
                sentences=warnings,
                button=_("Do it anyway"),
            )
            agreed(self, request, impact)

    def resend_view(
        self, request: HttpRequest, object_id: str, message: Any
    ) -> HttpResponse:
        """Sends a failed message again."""
        chat = self._chat(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(_page_of(chat))
        return show_refusal(request, self._resend, chat, str(message))

    def _resend(self, request: HttpRequest, chat: Chat, message: str) -> HttpResponse:
        resend(self._caller(request, chat), request_of(chat), message)
        return self._done(request, chat, _("The message is sent again."))

    def _caller(self, request: HttpRequest, chat: Chat) -> Caller:
        """Returns the person, within this manager: another may have the same customer."""
        return replace(caller_behind(request), managers=frozenset({chat.manager_id}))

    def _record(self, request: HttpRequest, chat: Chat, name: str, done: str) -> None:
        record(
            "action",
            "chat",
            chat.pk,
            manager_id=chat.manager_id,
            after={"action": name},
        )
        self.log_change(request, chat, done)

    def _done(self, request: HttpRequest, chat: Chat, sentence: str) -> HttpResponse:
        self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(_page_of(chat))


def _page_of(chat: Chat) -> str:
    return reverse("admin:chats_chat_change", args=[chat.pk])


def _add_errors(form: ActForm, wrong: InvalidError) -> None:
    """Puts what a rule says about the fields of a call to those of the form."""
    for name, sentences in wrong.more.get("fields", {}).items():
        field = name if name in form.fields else None
        for sentence in sentences:
            form.add_error(field, str(sentence))
    if not form.errors:
        form.add_error(None, str(wrong.sentence))
