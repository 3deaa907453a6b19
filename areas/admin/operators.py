"""Admin pages of operators, with their accounts and areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from areas.admin.leaving import chosen_operators, leaving_impact
from areas.admin.operator_form import OperatorForm
from areas.admin.presence_columns import PresenceColumns
from areas.forgetting import forget_operator
from areas.models import Area, Operator, OperatorArea
from chats.admin.undo_link import offer_to_undo
from chats.conversations.audit import actor_of
from chats.conversations.leaving import give_up_areas, leave, look
from chats.models import Rehoming
from managers.admin.autocompletes import AutocompletesById
from managers.admin.columns import column, short
from managers.admin.confirm import MOST_AT_ONCE, apply_to_each, confirm
from managers.admin.filters import TenantFilter, yes_or_no
from managers.admin.impact import Impact, agreed
from managers.admin.tenant import ALL, caller_behind


@admin.register(Operator)
class OperatorAdmin(AutocompletesById, PresenceColumns):  # type: ignore[misc]
    """One form for the operator, the account and the areas.

    The account of somebody who is staff too cannot be changed here: that user name and
    password are the administrators' responsibility.
    """

    logged_by_name = True
    supervisors_may = ALL
    administrators_may = ALL
    form = OperatorForm

    list_display = [
        "name", "username", "manager", "serves", "presence", "load", "is_active",
        "last_login",
    ]  # fmt: skip
    list_filter = [
        ("manager", TenantFilter),
        ("areas", TenantFilter),
        yes_or_no("is_active", gettext_lazy("active")),
    ]
    list_select_related = ["manager", "user"]
    search_fields = ["name", "email", "user__username"]
    ordering = ["name", "pk"]
    autocomplete_fields = ["manager"]
    actions = ["activate", "deactivate", "forget_names"]
    instead_of_deleting = gettext_lazy(
        "An operator with a history stays. Deactivate him: he leaves every list."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        rows: QuerySet[Operator] = super().get_queryset(request)
        return rows.prefetch_related("areas")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        account = ["username"] if _is_staff(obj) else ["username", "new_password"]
        return [
            (None, {"fields": ["manager", "name", "email", "is_active"]}),
            (gettext_lazy("Signing in"), {"fields": [tuple(account)]}),
            (gettext_lazy("Areas"), {"fields": ["areas"]}),
            (
                gettext_lazy("Presence"),
                {"fields": ["cap"] if obj is None else ["presence", "load", "cap"]},
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None else ["manager", "presence", "load"]
        return [*fixed, "username"] if _is_staff(obj) else fixed

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        areas: Any = self.admin_site.get_model_admin(Area)
        offered = areas.get_choices(request)
        form.offered = offered
        return form

    @column(gettext_lazy("User name"), ordering="user__username")
    def username(self, operator: Operator) -> str:
        return operator.user.username

    @column(gettext_lazy("Areas"))
    def serves(self, operator: Operator) -> str:
        return ", ".join(area.name for area in operator.areas.all())

    @column(gettext_lazy("Last sign-in"), ordering="user__last_login")
    def last_login(self, operator: Operator) -> str | None:
        return short(operator.user.last_login)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        user = obj.user if change else User()
        if not _is_staff(obj if change else None):
            form.sign_in_as(user)
            user.save(update_fields=["username", "password"] if change else None)
        obj.user = user
        removed = _removed_areas(obj, form.cleaned_data["areas"]) if change else None
        leaves = change and "is_active" in form.changed_data and not obj.is_active
        if leaves:
            taken = [(obj.pk, area.pk) for area in removed or ()]
            self.dismiss(request, [obj], memberships=taken)
        elif removed:
            self._give_up(request, obj, removed)
        super().save_model(request, obj, form, change)
        _serve(obj, form.cleaned_data["areas"])

    def delete_model(self, request: HttpRequest, obj: Operator) -> None:
        """Deletes the operator and the account, unless it is a staff account."""
        user = obj.user
        obj.delete()
        if not (user.is_staff or user.is_superuser):
            user.delete()

    @admin.action(
        description=gettext_lazy("Activate the chosen operators"),
        permissions=["change"],
    )
    def activate(self, request: HttpRequest, queryset: QuerySet[Operator]) -> None:
        count = queryset.filter(is_active=False).update(is_active=True)
        message = ngettext("%d operator is back.", "%d operators are back.", count)
        self.message_user(request, message % count, messages.SUCCESS)

    @admin.action(
        description=gettext_lazy("Deactivate the chosen operators"),
        permissions=["change"],
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Operator]) -> None:
        leaving = list(
            queryset.filter(is_active=True).order_by("pk")[: MOST_AT_ONCE + 1]
        )
        if not leaving or len(leaving) > MOST_AT_ONCE:
            sentence = _("None of the chosen operators is active.")
            if leaving:
                sentence = _("Choose at most %d at once.") % MOST_AT_ONCE
            self.message_user(request, sentence, messages.WARNING)
            return
        with transaction.atomic():
            self.dismiss(request, leaving)
            for operator in leaving:
                self.log_change(request, operator, _("Deactivated."))

    @admin.action(
        description=gettext_lazy("Remove the names of those who have left"),
        permissions=["change"],
    )
    def forget_names(
        self, request: HttpRequest, queryset: QuerySet[Operator]
    ) -> HttpResponse | None:
        leavers = queryset.select_related("user").filter(
            is_active=False, user__is_staff=False, user__is_superuser=False
        )
        form = confirm(
            self,
            request,
            leavers,
            title=_("Remove the names of those who have left"),
            none=_("None of the chosen operators has left."),
            sentences=[
                _(
                    "Each becomes a number, without e-mail and user name. Messages, "
                    "history and figures stay under that number."
                ),
                _(
                    "Transcripts of closed chats keep the name that the customer saw, "
                    "and the audit keeps it for as long as its lines. This cannot be "
                    "undone."
                ),
            ],
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        apply_to_each(
            self,
            request,
            leavers,
            forget_operator,
            message=_count_forgotten,
            logged=_("Name removed."),
        )
        return None

    def dismiss(
        self,
        request: HttpRequest,
        leaving: list[Operator],
        users: Sequence[int] = (),
        memberships: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Asks who gets the operators' contacts, then deactivates the operators.

        `users` are accounts that the caller deactivates too, `memberships` the
        (operator, area) pairs that it removes.
        """
        found = look(leaving, targets=chosen_operators(request.POST))
        title = ngettext(
            "Deactivate the operator", "Deactivate the operators", len(leaving)
        )
        impact = leaving_impact(
            found,
            title=title,
            sentences=[
                _(
                    "They are signed out everywhere and leave every list. Their history stays."
                )
            ],
        )
        form: Any = agreed(self, request, impact)
        actor = actor_of(caller_behind(request))
        changes = leave(
            found, form.homes(), actor=actor, users=users, memberships=memberships
        )
        self._report(request, changes, len(found.held()) + len(found.waiting()))

    def _give_up(
        self, request: HttpRequest, operator: Operator, areas: list[Area]
    ) -> None:
        """Removes areas from the operator; asks first if contacts are affected."""
        found = look(
            [operator],
            frozenset(area.pk for area in areas),
            targets=chosen_operators(request.POST),
        )
        if not found.groups:
            return
        names = ", ".join(sorted(area.name for area in areas))
        impact = leaving_impact(
            found,
            title=_("Take areas from the operator"),
            sentences=[_("He no longer serves: %s.") % names],
        )
        form: Any = agreed(self, request, impact)
        actor = actor_of(caller_behind(request))
        changes = give_up_areas(found, form.homes(), actor=actor)
        self._report(request, changes, len(found.held()) + len(found.waiting()))

    def _report(
        self, request: HttpRequest, changes: Sequence[Rehoming], count: int
    ) -> None:
        message = ngettext(
            "%d contact was concerned.", "%d contacts were concerned.", count
        )
        self.message_user(request, offer_to_undo(message % count, changes))

    def impact_of_deleting(self, request: HttpRequest, obj: Operator) -> Impact:
        return leaving_impact(
            look([obj]),
            title=_("Delete the operator"),
            sentences=[_("He has no history. He and his account are gone for good.")],
        )


def _count_forgotten(count: int) -> str:
    message = ngettext("%d name was removed.", "%d names were removed.", count)
    return message % count


def _is_staff(operator: Operator | None) -> bool:
    return operator is not None and (
        operator.user.is_staff or operator.user.is_superuser
    )


def _removed_areas(operator: Operator, wanted: Iterable[Area]) -> list[Area]:
    kept = [area.pk for area in wanted]
    return list(operator.areas.exclude(pk__in=kept))


def _serve(operator: Operator, areas: Iterable[Area]) -> None:
    """Sets the operator's areas; memberships that stay are not rewritten."""
    wanted = {area.pk for area in areas}
    served = set(operator.memberships.values_list("area_id", flat=True))
    operator.memberships.filter(area_id__in=served - wanted).delete()
    OperatorArea.objects.bulk_create(
        OperatorArea(operator=operator, area_id=pk, manager_id=operator.manager_id)
        for pk in sorted(wanted - served)
    )
