"""The form of an operator, with his account and areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminEmailInputWidget

from areas.models import Area, Operator
from areas.models.policies import MOST_CHATS
from managers.admin.narrowed import NarrowedCheckboxes, NarrowedChoices
from managers.admin.user_forms import AccountForm


class OperatorForm(AccountForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=UnfoldAdminEmailInputWidget(),
    )
    areas = NarrowedChoices(
        label=gettext_lazy("Areas"),
        required=False,
        queryset=Area.objects.none(),
        widget=NarrowedCheckboxes(),
        help_text=gettext_lazy(
            "The operator sees the contacts of these areas and those assigned to him."
        ),
    )
    # The areas that the user may choose; set per request.
    offered: QuerySet[Area]

    class Meta:
        model = Operator
        fields = ["manager", "name", "email", "is_active", "cap"]
        help_texts = {
            "cap": gettext_lazy(
                "Automatic assignment gives no more than this; 0 is no limit. Empty: "
                "as the rules of the area say."
            ),
            "is_active": gettext_lazy(
                "Who leaves keeps his history; you are asked who gets his contacts."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas: Any = self.fields["areas"]
        offered = self.offered.select_related("manager")
        if self.instance.pk:
            offered = offered.filter(manager=self.instance.manager_id)
            areas.initial = list(self.instance.areas.values_list("pk", flat=True))
        else:
            areas.several_managers = offered.values("manager").distinct().count() > 1
        areas.queryset = offered.order_by("manager__name", "name")
        # Auditors have no fields to type in.
        cap: Any = self.fields.get("cap")
        if cap is not None:
            cap.validators = [MinValueValidator(0), MaxValueValidator(MOST_CHATS)]

    def account(self) -> User | None:
        return self.instance.user if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        chosen: Iterable[Area] = cleaned.get("areas") or []
        if any(area.manager != manager for area in chosen):
            self.add_error("areas", _("Choose areas of the operator's own manager."))
        return cleaned
