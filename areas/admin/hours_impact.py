"""Asks for confirmation before a change of hours affects waiting customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.admin.moments import BeginsAt, zone_of
from areas.models import Schedule
from areas.rules.schedules import timetable_of
from chats.models import Chat, Clock
from managers.admin.impact import ANSWERS, Fact, Impact, agreed
from managers.admin.tenant import TenantAdmin

STARTED = gettext_lazy("What has begun counts by the old hours.")
HOURS_COUNT = gettext_lazy(
    "The new hours count from now on. What has begun counts by the old ones."
)


def newest_hours(manager_id: int) -> int:
    """Returns the newest version of the manager's hours, 0 if there is none."""
    rows = Schedule.objects.filter(manager=manager_id).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def ask_about_hours(
    page: TenantAdmin,
    request: HttpRequest,
    manager_id: int,
    before: int,
    *,
    may_begin_later: bool = False,
) -> datetime | None:
    """Asks for confirmation if new hours, saved in this transaction, affect anybody.

    `before` is the previous version. Raises UnconfirmedError, which rolls the change
    back, until the user has confirmed. Returns the later time at which the change
    applies, None for now; offered only if `may_begin_later`.
    """
    if newest_hours(manager_id) == before:
        return None
    facts = facts_of_hours(manager_id)
    if not any(fact.count for fact in facts):
        return None

    def from_when(data: Any) -> forms.Form:
        form = forms.Form(data, prefix=ANSWERS)
        if may_begin_later:
            form.fields["begins_at"] = BeginsAt(zone_of(manager_id))
        return form

    impact = Impact(
        title=_("Change hours, holidays or targets"),
        facts=facts,
        sentences=[force_str(STARTED if may_begin_later else HOURS_COUNT)],
        make_form=from_when,
    )
    answers = agreed(page, request, impact).cleaned_data
    later: datetime | None = answers.get("begins_at")
    return later


def facts_of_hours(manager_id: int) -> list[Fact]:
    """Returns the waiting customers affected by new hours, in their transaction."""
    now = timezone.now()
    waiting = Chat.objects.open().filter(
        manager=manager_id, contact__operator=None, contact__deleted_at=None
    )
    found: dict[int | None, int] = {}
    for area_id in waiting.values_list("contact__area", flat=True):
        found[area_id] = found.get(area_id, 0) + 1
    closed = {
        area_id: count
        for area_id, count in found.items()
        if not timetable_of(manager_id, area_id).is_open(now)
    }
    clocks = Clock.objects.filter(
        chat__manager=manager_id, chat__closed_at=None, met_at=None, void_at=None
    )
    outside: list[Any] = sorted(f"{area}" for area in closed)
    return [
        Fact(
            "waiting",
            _("Customers in the queue"),
            sum(found.values()),
            is_fleeting=True,
        ),
        Fact(
            "outside",
            _("of these, outside the new hours now"),
            sum(closed.values()),
            outside,
            warns=True,
            is_fleeting=True,
        ),
        Fact(
            "clocks",
            _("Targets that are running, by the old hours"),
            clocks.count(),
            is_fleeting=True,
        ),
    ]
