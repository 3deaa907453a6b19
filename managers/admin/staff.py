"""Admin pages of supervisors and administrators, and of the managers of each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin  # noqa: F401 - registers both models
from django.contrib.auth.models import Group, User
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from areas.models import Operator, SecondFactor
from areas.sign_in.login_sessions import end_sessions_of
from areas.sign_in.second_factor import remove
from managers.admin.columns import column, moment_column, tag
from managers.admin.confirm import confirm
from managers.admin.filters import yes_or_no
from managers.admin.supervision_impact import (
    ask_for_supervisors,
    require_other_administrator,
)
from managers.admin.supervisions import SupervisionInline
from managers.admin.tenant import WRITE, TenantAdmin, caller_behind
from managers.admin.user_forms import AccountForm
from managers.models import Manager, Supervision

admin.site.unregister(User)
admin.site.unregister(Group)


class StaffForm(AccountForm):
    first_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=UnfoldAdminEmailInputWidget(),
    )
    reads_only = forms.BooleanField(
        label=gettext_lazy("Auditor"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy(
            "Reads everything of his managers, without the names of customers, and"
            " changes nothing."
        ),
    )
    # Set on the form class per request.
    person: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "reads_only" in self.fields:
            rows = Supervision.objects.filter(user=self.instance, reads_only=True)
            self.initial["reads_only"] = rows.exists()

    class Meta:
        model = User
        fields = ["username", "first_name", "email", "is_active", "is_superuser"]
        labels = {
            "is_active": gettext_lazy("Active"),
            "is_superuser": gettext_lazy("Administrator"),
        }
        help_texts = {
            "is_active": gettext_lazy("Who is not active cannot sign in."),
            "is_superuser": gettext_lazy("Sees every manager and sets up the rest."),
        }

    def account(self) -> User | None:
        return self.instance if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance == self.person:
            for field in ("is_active", "is_superuser"):
                if not cleaned.get(field):
                    self.add_error(field, _("You cannot take this from yourself."))
        return cleaned

    @property
    def written_besides(self) -> list[str]:
        return ["password"] if self.cleaned_data.get("new_password") else []

    def save(self, commit: bool = True) -> Any:
        self.sign_in_as(self.instance)
        self.instance.is_staff = True
        return super().save(commit)


@admin.register(User)
class StaffAdmin(TenantAdmin):
    """Staff users; operators have their own page.

    A supervisor sees the supervisors of his managers, adds some, and changes those who
    have no rights beyond his own. Users are never deleted, only deactivated: their
    actions stay on record.
    """

    logged_by_name = True
    manager_lookup = "supervisions__manager"
    supervisors_may = WRITE
    administrators_may = WRITE
    unread_columns = ()
    form = StaffForm
    inlines = [SupervisionInline]

    list_display = [
        "username",
        "first_name",
        "role",
        "supervised_managers",
        "signed_in",
    ]
    list_filter = [
        yes_or_no("is_superuser", gettext_lazy("administrator")),
        yes_or_no("is_active", gettext_lazy("active")),
    ]
    search_fields = ["username", "first_name", "email"]
    ordering = ["username"]
    actions = ["end_second_factor"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "new_password",
                    "is_active",
                    "is_superuser",
                    "reads_only",
                ]
            },
        ),
        (gettext_lazy("Person"), {"fields": ["first_name", "email"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        managers = caller_behind(request).managers
        if managers is None:
            staff = rows.filter(Q(is_staff=True) | Q(is_superuser=True))
            shown = Supervision.objects.all()
        else:
            # By id: a supervisor of two of the managers would appear twice.
            staff = User.objects.filter(
                pk__in=rows.order_by().values("pk"), is_staff=True, is_superuser=False
            ).order_by(*self.ordering)
            shown = Supervision.objects.filter(manager__in=managers)
        names = Prefetch("manager", Manager.objects.only("name"))
        return staff.prefetch_related(
            Prefetch("supervisions", shown.prefetch_related(names))
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbids a supervisor to change himself or users with rights that he lacks.

        By setting their password he would gain those rights.
        """
        if not super().has_change_permission(request, obj):
            return False
        managers = caller_behind(request).managers
        if managers is None or not isinstance(obj, User) or obj.pk is None:
            return True
        if obj.is_superuser or obj == request.user:
            return False
        foreign = [
            kind.objects.filter(user=obj).exclude(manager__in=managers)
            for kind in (Supervision, Operator)
        ]
        return not any(rows.exists() for rows in foreign)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters = list(super().get_list_filter(request))
        # A supervisor never sees administrators.
        is_administrator = caller_behind(request).role == "administrator"
        return filters if is_administrator else filters[1:]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if caller_behind(request).role == "administrator":
            return super().get_fieldsets(request, obj)
        account = ["username", "new_password", "is_active", "reads_only"]
        # Users who only read do not need form fields.
        if not self.has_change_permission(request, obj):
            account = ["username", "is_active", "role"]
        return [(None, {"fields": account}), self.fieldsets[1]]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        return form

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        """Asks who takes over the managers that are left without a supervisor."""
        heirs: dict[int, int | None] = {}
        if change:
            heirs = ask_for_supervisors(self, request, form, formsets)
        super().save_related(request, form, formsets, change)
        # All of a user's have the same value; new ones are not known in advance.
        reads_only = form.cleaned_data["reads_only"]
        rows = Supervision.objects.filter(user=form.instance)
        rows.exclude(reads_only=reads_only).update(reads_only=reads_only)
        Supervision.objects.bulk_create(
            [
                Supervision(user_id=heir, manager_id=manager_id)
                for manager_id, heir in heirs.items()
                if heir is not None
            ],
            ignore_conflicts=True,
        )

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        """Deactivates the operator of a deactivated user: nobody could take his chats.

        Raises LastAdministratorError.
        """
        if change and {"is_active", "is_superuser"} & {*form.changed_data}:
            require_other_administrator(obj)
        if change and "is_active" in form.changed_data and not obj.is_active:
            leaving = list(Operator.objects.active().filter(user=obj))
            if leaving:
                operators: Any = self.admin_site.get_model_admin(Operator)
                operators.dismiss(request, leaving, users=[obj.pk])
            end_sessions_of([obj.pk])
        super().save_model(request, obj, form, change)

    @admin.action(
        description=gettext_lazy("End their two-step sign-in"), permissions=["change"]
    )
    def end_second_factor(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        # A supervisor sees users whom he may not change: their sessions stay.
        changeable = [
            user.pk for user in queryset if self.has_change_permission(request, user)
        ]
        enrolled = queryset.filter(
            pk__in=SecondFactor.objects.filter(pk__in=changeable)
            .exclude(confirmed_at=None)
            .values("pk")
        )
        form = confirm(
            self,
            request,
            enrolled,
            title=_("End two-step sign-in"),
            none=_("None of these people has set it up."),
            sentences=[
                _("They sign in with their password alone until they set it up again.")
            ],
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        ended = sum(remove(user) for user in list(enrolled))
        message = ngettext(
            "Two-step sign-in of %d person was ended.",
            "Two-step sign-in of %d people was ended.",
            ended,
        )
        self.message_user(request, message % ended, messages.SUCCESS)
        return None

    signed_in = moment_column("last_login", gettext_lazy("Last sign-in"))

    @column(gettext_lazy("Role"))
    def role(self, user: User) -> str:
        if not user.is_active:
            return tag("bad", _("inactive"))
        if user.is_superuser:
            return tag("good", _("administrator"))
        if any(each.reads_only for each in user.supervisions.all()):
            return tag("mute", _("auditor"))
        return tag("info", _("supervisor"))

    @column(gettext_lazy("Looks after"))
    def supervised_managers(self, user: User) -> str:
        if user.is_superuser:
            return _("all managers")
        names = sorted(each.manager.name for each in user.supervisions.all())
        return ", ".join(names)
