"""Admin pages of supervisors and administrators, and of their managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # noqa: F401 - registers both models
from django.contrib.auth.models import Group, User
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from areas.models import Operator
from managers.admin.columns import column, moment_column, tag
from managers.admin.filters import yes_or_no
from managers.admin.tenant import WRITE, TenantAdmin
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
    # Set on the form class per request.
    person: User

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


class SupervisionInline(TabularInline):
    model = Supervision
    extra = 0
    autocomplete_fields = ["manager"]
    verbose_name = gettext_lazy("supervised manager")
    verbose_name_plural = gettext_lazy("supervised managers")

    # Only administrators can open the page that contains it.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(User)
class StaffAdmin(TenantAdmin):
    """Staff users; operators have their own page.

    Users are never deleted, only deactivated: their actions stay on record.
    """

    logged_by_name = True
    manager_lookup = "supervisions__manager"
    supervisors_may = frozenset()
    administrators_may = WRITE
    unread_columns = ()
    form = StaffForm
    inlines = [SupervisionInline]

    list_display = ["username", "first_name", "role", "looks_after", "signed_in"]
    list_filter = [
        yes_or_no("is_superuser", gettext_lazy("administrator")),
        yes_or_no("is_active", gettext_lazy("active")),
    ]
    search_fields = ["username", "first_name", "email"]
    ordering = ["username"]
    fieldsets = [
        (None, {"fields": ["username", "new_password", "is_active", "is_superuser"]}),
        (gettext_lazy("Person"), {"fields": ["first_name", "email"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        staff = (
            super()
            .get_queryset(request)
            .filter(Q(is_staff=True) | Q(is_superuser=True))
        )
        names = Manager.objects.only("name")
        return staff.prefetch_related(Prefetch("supervisions__manager", names))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.person = request.user
        return form

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        """An operator whose user leaves is deactivated: nobody could take his chats."""
        if change and "is_active" in form.changed_data and not obj.is_active:
            leaving = list(Operator.objects.active().filter(user=obj))
            if leaving:
                operators: Any = self.admin_site.get_model_admin(Operator)
                operators.dismiss(request, leaving, users=[obj.pk])
        super().save_model(request, obj, form, change)

    signed_in = moment_column("last_login", gettext_lazy("Last sign-in"))

    @column(gettext_lazy("Role"))
    def role(self, user: User) -> str:
        if not user.is_active:
            return tag("bad", _("inactive"))
        if user.is_superuser:
            return tag("good", _("administrator"))
        return tag("info", _("supervisor"))

    @column(gettext_lazy("Looks after"))
    def looks_after(self, user: User) -> str:
        if user.is_superuser:
            return _("all managers")
        names = sorted(each.manager.name for each in user.supervisions.all())
        return ", ".join(names)
