"""The labels of group keys, cohorts and periods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Channel
from hci_center.reports.metrics.metric import DAYS, Metric
from hci_center.reports.pages.address import PERIODS, Address
from hci_center.reports.pages.tables import day_text, is_portuguese

GROUPS: Mapping[str, Any] = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "hour": gettext_lazy("Hour"),
    "weekday": gettext_lazy("Weekday"),
    "area": gettext_lazy("Area"),
    "operator": gettext_lazy("Operator"),
    "channel": gettext_lazy("Channel"),
    "manager": gettext_lazy("Manager"),
}
WEEKDAYS: Mapping[str, Any] = {
    "1": gettext_lazy("Monday"),
    "2": gettext_lazy("Tuesday"),
    "3": gettext_lazy("Wednesday"),
    "4": gettext_lazy("Thursday"),
    "5": gettext_lazy("Friday"),
    "6": gettext_lazy("Saturday"),
    "7": gettext_lazy("Sunday"),
}
_COHORTS: Mapping[str, Any] = {
    "happened": gettext_lazy("what ended in the period"),
    "closed": gettext_lazy("of chats closed in the period"),
    "opened": gettext_lazy("of chats opened in the period"),
    "queued": gettext_lazy("of messages queued in the period"),
}


def label_of(metric: type[Metric]) -> str:
    return metric.label["pt-br" if is_portuguese() else "en"]


def cohort_of(metric: type[Metric]) -> str:
    return str(_COHORTS[metric.cohort])


def period_text(address: Address) -> str:
    """Returns the days of the period and, if it has one, its name."""
    text = day_text(address.since)
    if address.until != address.since:
        text = _("%(since)s to %(until)s") % {
            "since": text,
            "until": day_text(address.until),
        }
    return f"{text} ({PERIODS[address.period]})" if address.period else text


def key_labels(address: Address, group: str, keys: Iterable[str]) -> dict[str, str]:
    """Returns the label of each key of a group, with one query for names."""
    keys = list(keys)
    if group in ("area", "operator"):
        ids = [int(key) for key in keys]
        scope = address.scope
        is_area = group == "area"
        names = scope.area_names(ids) if is_area else scope.operator_names(ids)
        nothing = _("without an area") if is_area else _("nobody")
        return {key: names.get(int(key), nothing) for key in keys}
    return {key: _label(address, group, key) for key in keys}


def _label(address: Address, group: str, key: str) -> str:
    if group in ("day", "week"):
        return day_text(date.fromisoformat(key))
    if group == "month":
        return f"{key[5:]}/{key[:4]}" if is_portuguese() else key
    if group == "hour":
        return f"{int(key):02}:00"
    if group == "weekday":
        return str(WEEKDAYS[key])
    if group == "channel":
        return str(dict(Channel.choices).get(key, key))
    manager = address.scope.managers.get(int(key))
    return manager.name if manager else key


def narrowed(address: Address, group: str, key: str) -> dict[str, str]:
    """Returns the query parameters that restrict a figure to one group."""
    if group not in DAYS:
        return {group: key}
    if group == "month":
        first = date.fromisoformat(f"{key}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    else:
        first = date.fromisoformat(key)
        last = first + timedelta(days=6 if group == "week" else 0)
    since, until = max(first, address.since), min(last, address.until)
    return {"from": since.isoformat(), "to": until.isoformat()}
