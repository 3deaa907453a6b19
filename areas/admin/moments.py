"""A form field for the time at which a change takes effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from areas.rules.planned_policies import LATEST
from managers.models import Manager

_FORMAT = "%Y-%m-%dT%H:%M"


def zone_of(manager_id: int | None) -> ZoneInfo | None:
    """Returns the manager's time zone, None if there is no such manager."""
    rows = Manager.objects.filter(pk=manager_id or 0)
    name = rows.values_list("time_zone", flat=True).first()
    return None if name is None else ZoneInfo(name)


class BeginsAt(forms.DateTimeField):
    """A later time in the time zone `zone`; empty means now."""

    def __init__(self, zone: ZoneInfo | None = None, **options: Any) -> None:
        super().__init__(
            label=gettext_lazy("Counts from"),
            help_text=gettext_lazy(
                "Empty is from now on. Until a later moment, by the company's clock, "
                "the present rules hold."
            ),
            required=False,
            widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
            input_formats=[_FORMAT, f"{_FORMAT}:%S"],
            **options,
        )
        self.zone = zone

    def clean(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        if not timezone.now() < moment <= timezone.now() + LATEST:
            raise forms.ValidationError(_("Choose a moment within the next 366 days."))
        return moment
