"""Actions of supervisors on contacts; they call the same rules as the API."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from areas.models import Area, Operator
from chats.conversations.assignment import change_area, delete_contact, hand_over
from chats.conversations.audit import Actor, actor_of
from chats.conversations.lifecycle import close_chat
from contacts.admin.forms import (
    ChangeAreaDialog,
    ChangeAreaForm,
    HandOverDialog,
    HandOverForm,
    areas_of,
)
from contacts.admin.impacts import CauseForm, closing_facts, deleting_facts
from contacts.models import Contact
from managers.admin.confirm import apply_to_each, confirm
from managers.admin.dialogs import apply_to_one, dialog
from managers.admin.tenant import TenantAdmin, caller_behind


class ContactActions(TenantAdmin):
    """Actions to hand over, move, close and delete one contact or many."""

    actions = ["hand_over_many", "change_area_many", "close_many", "delete_many"]
    actions_detail = ["hand_over", "change_area", "close", "delete_contact"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        contact = self.get_object(request, object_id)
        if contact is None or not self.has_change_permission(request, contact):
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        if not contact.is_open:
            offered = [one for one in offered if one.path != "close"]
        return offered

    # Actions on one contact -----------------------------------------------------

    @dialog(
        gettext_lazy("Hand over"),
        gettext_lazy("The operator gets the contact, whoever had it before."),
        icon="swap_horiz",
        form=HandOverDialog,
    )
    def hand_over(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        to: int = form.cleaned_data["operator"]
        rule = partial(hand_over, operator_id=to or None, actor=_actor(request))
        return apply_to_one(self, request, object_id, rule, _handed(to))

    @dialog(
        gettext_lazy("Change area"),
        gettext_lazy("Its operator lets go of it unless he serves that area too."),
        icon="workspaces",
        form=ChangeAreaDialog,
    )
    def change_area(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        to: int = form.cleaned_data["area"]
        rule = partial(change_area, area_id=to, actor=_actor(request))
        return apply_to_one(self, request, object_id, rule, _moved(to))

    @dialog(
        gettext_lazy("Close chat"),
        gettext_lazy("The messages stay; the operator lets go of the contact."),
        icon="task_alt",
    )
    def close(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        rule = partial(close_chat, actor=_actor(request))
        return apply_to_one(self, request, object_id, rule, _("Chat closed."))

    @dialog(
        gettext_lazy("Delete"),
        gettext_lazy(
            "It leaves every list and its chat is closed. It comes back when it writes"
            " again. What was said stays on record."
        ),
        icon="delete",
        danger=True,
    )
    def delete_contact(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        rule = partial(delete_contact, actor=_actor(request))
        return apply_to_one(self, request, object_id, rule, _("Contact deleted."))

    # Actions on many contacts ---------------------------------------------------

    @admin.action(description=gettext_lazy("Hand over to…"), permissions=["change"])
    def hand_over_many(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        title = _("Hand over contacts")
        make = partial(
            HandOverForm,
            manager_id=self._manager_of(request, queryset),
            areas=areas_of(queryset),
        )
        form = confirm(self, request, queryset, title=title, make_form=make)
        if isinstance(form, HttpResponse):
            return form
        to: int = form.cleaned_data["operator"]
        rule = partial(hand_over, operator_id=to or None, actor=_actor(request))
        apply_to_each(
            self, request, queryset, rule, message=_count_handed, logged=_handed(to)
        )
        return None

    @admin.action(description=gettext_lazy("Move to the area…"), permissions=["change"])
    def change_area_many(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        title = _("Move contacts to an area")
        make = partial(ChangeAreaForm, manager_id=self._manager_of(request, queryset))
        form = confirm(self, request, queryset, title=title, make_form=make)
        if isinstance(form, HttpResponse):
            return form
        to: int = form.cleaned_data["area"]
        rule = partial(change_area, area_id=to, actor=_actor(request))
        apply_to_each(
            self, request, queryset, rule, message=_count_moved, logged=_moved(to)
        )
        return None

    @admin.action(description=gettext_lazy("Close the chats"), permissions=["change"])
    def close_many(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        with_open_chat = queryset.filter(chats__closed_at=None, chats__isnull=False)
        form = confirm(
            self,
            request,
            # Those without an open chat are reported individually.
            queryset if with_open_chat.exists() else with_open_chat,
            title=_("Close the chats"),
            none=_("None of these contacts has an open chat."),
            make_form=CauseForm,
            facts=lambda: closing_facts(queryset),
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        rule = partial(
            close_chat, actor=_actor(request), cause=form.cleaned_data["cause"]
        )
        done = _("Chat closed.")
        apply_to_each(self, request, queryset, rule, message=_count_closed, logged=done)
        return None

    @admin.action(description=gettext_lazy("Delete contacts"), permissions=["change"])
    def delete_many(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        form = confirm(
            self,
            request,
            queryset,
            title=_("Delete contacts"),
            facts=lambda: deleting_facts(queryset),
            sentences=[
                _(
                    "They leave every list and come back when they write again. What "
                    "was said stays on record."
                )
            ],
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        rule = partial(delete_contact, actor=_actor(request))
        done = _("Contact deleted.")
        apply_to_each(
            self, request, queryset, rule, message=_count_deleted, logged=done
        )
        return None

    def _manager_of(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> int | None:
        """Returns the manager of all the contacts.

        If there are several, shows a message and returns None.
        """
        managers = list(
            queryset.order_by().values_list("manager", flat=True).distinct()
        )
        if len(managers) == 1:
            return managers[0]
        message = _("Choose contacts of one manager only.")
        self.message_user(request, message, messages.WARNING)
        return None


def _actor(request: HttpRequest) -> Actor:
    return actor_of(caller_behind(request))


def _handed(operator_id: int) -> str:
    if not operator_id:
        return _("Back to the queue.")
    return _("Handed over to %s.") % Operator.objects.get(pk=operator_id).name


def _moved(area_id: int) -> str:
    return _("Moved to %s.") % Area.objects.get(pk=area_id).name


def _count_handed(count: int) -> str:
    message = ngettext(
        "%d contact was handed over.", "%d contacts were handed over.", count
    )
    return message % count


def _count_moved(count: int) -> str:
    return ngettext("%d contact was moved.", "%d contacts were moved.", count) % count


def _count_closed(count: int) -> str:
    return ngettext("%d chat was closed.", "%d chats were closed.", count) % count


def _count_deleted(count: int) -> str:
    message = ngettext("%d contact was deleted.", "%d contacts were deleted.", count)
    return message % count
