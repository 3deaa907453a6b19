"""The filters of a report page, as a form that works without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Channel
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.pages.address import CLOCKS, PERIODS, Address, Allowed
from hci_center.reports.pages.labels import GROUPS, label_of

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Select:
    """A drop-down list of the form; the first option is the default."""

    name: str
    label: str
    options: list[Option]
    chosen: str


def selects(address: Address, names: Iterable[str], allowed: Allowed) -> list[Select]:
    """Returns the lists of a page; those with a single option are omitted."""
    scope = address.scope
    every, none = ("", _("all")), ("0", _("none"))
    offered: Mapping[str, tuple[Any, list[Option]]] = {
        "metric": (
            _("Figure"),
            [(name, label_of(METRICS[name])) for name in allowed.metrics],
        ),
        "by": (_("By"), [(name, str(GROUPS[name])) for name in allowed.by]),
        "clock": (_("Chart"), [(name, str(text)) for name, text in CLOCKS.items()]),
        "manager": (
            _("Manager"),
            [every, *((str(pk), row.name) for pk, row in scope.managers.items())],
        ),
        "area": (_("Area"), _of_manager(every, none, scope.areas)),
        "operator": (_("Operator"), _of_manager(every, none, scope.operators)),
        "channel": (_("Channel"), [every, *Channel.choices]),
    }
    made = []
    for name in ("metric", "by", "clock", "manager", "area", "operator", "channel"):
        label, options = offered[name]
        if name not in names and name != "manager":
            continue
        chosen = address.given.get(name, "")
        if len(options) > (2 if name == "manager" else 1):
            made.append(Select(name, label, options, chosen))
    return made


def chips(address: Address) -> list[tuple[str, str, bool]]:
    """Returns the named periods: text, query string, whether it is selected."""
    return [
        (str(text), address.query(period=name), name == address.period)
        for name, text in PERIODS.items()
    ]


def described(address: Address) -> list[str]:
    """Returns the filters of a page as text, for the header of the printed page."""
    scope, said = address.scope, []
    if address.area_id is not None:
        names = scope.area_names([address.area_id])
        name = names.get(address.area_id, _("without an area"))
        said.append(f"{_('Area')}: {name}")
    if address.operator_id is not None:
        names = scope.operator_names([address.operator_id])
        name = names.get(address.operator_id, _("nobody"))
        said.append(f"{_('Operator')}: {name}")
    if address.channel is not None:
        said.append(f"{_('Channel')}: {dict(Channel.choices)[address.channel]}")
    return said


def _of_manager(every: Option, none: Option, names: Mapping[int, str]) -> list[Option]:
    """Returns no options unless a manager is chosen: there could be thousands."""
    if not names:
        return []
    return [every, none, *((str(pk), name) for pk, name in names.items())]
