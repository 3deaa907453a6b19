"""A supervisor's actions on the page of a chat, with the functions of the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from chats.admin.act_forms import (
    ActForm,
    Situation,
)
from chats.admin.acts import ACTS, Act, request_of
from chats.messages.resend import resend
from chats.models import Chat
from hci_center.audit.recording import record
from hci_center.callers import Caller
from hci_center.errors import InvalidError
from managers.admin.impact import Fact, Impact, agreed
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import TenantAdmin, caller_behind


class ActingAdmin(TenantAdmin):
    """The pages of the actions on a chat; 404 without the permission "act"."""

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
        """Returns the actions available on the chat now, each with its empty form."""
        if not self.may_act_on(request, chat):
            return []
        situation = Situation(chat)
        return [
            (act, act.form_class(None, situation, act.name))
            for act in ACTS.values()
            if act.is_offered(chat)
        ]

    def may_act_on(self, request: HttpRequest, chat: Chat) -> bool:
        """Whether the user may act, and the contact is not deleted."""
        return self.may(request, "act") and chat.contact.deleted_at is None

    def _chat(self, request: HttpRequest, object_id: str) -> Chat:
        """Returns the chat; raises Http404 if the user may not act on it."""
        chat: Chat | None = None
        if is_row_id(object_id):
            chat = self.get_object(request, object_id)
        if chat is None or not self.may_act_on(request, chat):
            raise Http404
        return chat

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Shows the form of an action on a separate page, and performs it on POST."""
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
                    self._confirm_warnings(request, act, form)
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

    def _confirm_warnings(self, request: HttpRequest, act: Act, form: ActForm) -> None:
        """Raises UnconfirmedError until the user has confirmed the warnings."""
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
        """Returns the caller for this manager: another may have the same customer."""
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
    """Adds a rule's errors about the fields of a call to those of the form."""
    for name, sentences in wrong.more.get("fields", {}).items():
        field = name if name in form.fields else None
        for sentence in sentences:
            form.add_error(field, str(sentence))
    if not form.errors:
        form.add_error(None, str(wrong.sentence))
