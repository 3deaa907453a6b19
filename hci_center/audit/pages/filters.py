"""The filters of the audit's page, from its query string."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from hci_center.audit.models import AuditLine
from hci_center.audit.words import ACTS, KINDS, NONE
from hci_center.callers import Caller
from managers.models import Manager


class FilterForm(forms.Form):
    """The filters; every field is optional."""

    manager = forms.ChoiceField(
        label=gettext_lazy("Manager"), required=False, widget=UnfoldAdminSelectWidget()
    )
    who = forms.CharField(
        label=gettext_lazy("Who"),
        required=False,
        max_length=150,
        widget=UnfoldAdminTextInputWidget(
            {"title": gettext_lazy("A user name, or like key:7")}
        ),
    )
    act = forms.ChoiceField(
        label=gettext_lazy("Act"),
        required=False,
        choices=[("", NONE), *ACTS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", NONE), *KINDS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    target = forms.CharField(
        label=gettext_lazy("Its id"),
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=UnfoldAdminDateWidget()
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=UnfoldAdminDateWidget()
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput()
    )

    def __init__(self, data: Any, caller: Caller) -> None:
        super().__init__(data)
        self.caller = caller
        managers = Manager.objects.visible_to(caller).order_by("name")
        field: Any = self.fields["manager"]
        field.choices = [("", NONE), *managers.values_list("pk", "name")]
        field.error_messages = {"invalid_choice": _("There is no such manager.")}

    def lines(self) -> QuerySet[AuditLine]:
        """Returns the filtered lines that the user may see, newest first."""
        given = self.cleaned_data
        found = visible_lines(self.caller)
        exact = {
            "manager_id": given["manager"],
            "act": given["act"],
            "kind": given["kind"],
            "target": given["target"],
            "credential": _credential(given["who"]),
            "at__gte": _midnight(given["since"]),
        }
        found = found.filter(**{key: value for key, value in exact.items() if value})
        if given["until"]:
            found = found.filter(at__lt=_midnight(given["until"] + timedelta(days=1)))
        return found.order_by("-pk")


def visible_lines(caller: Caller) -> QuerySet[AuditLine]:
    """Returns all lines for administrators, those of their managers for others."""
    if caller.managers is None:
        return AuditLine.objects.all()
    return AuditLine.objects.filter(manager_id__in=caller.managers)


def _credential(who: str) -> str:
    pk = User.objects.filter(username=who).values_list("pk", flat=True).first()
    return who if pk is None else f"user:{pk}"


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time()))
