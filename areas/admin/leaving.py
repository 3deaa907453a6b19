"""Asks who gets the contacts of operators who leave, or who leave areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from areas.admin.colleagues import area_label, operator_label
from areas.models import Area
from chats.conversations.leaving import Group, GroupKey, Homes, Leaving
from chats.conversations.operator_load import Colleague, colleagues_of
from chats.conversations.rehoming import QUEUE, STAY, Affected, Home
from managers.admin.columns import short
from managers.admin.impact import ANSWERS, Fact, Impact
from managers.admin.lookups import is_row_id

_QUEUE, _STAY = "queue", "stay"
_OPERATOR, _AREA = "operator:", "area:"
_HOMES = {_QUEUE: QUEUE, _STAY: STAY}

Choices = list[tuple[str, Any]]


class HomesForm(forms.Form):
    """Questions per area: who gets held contacts, and who gets waiting ones."""

    def __init__(self, data: Any, leaving: Leaving, areas: Mapping[int, Area]) -> None:
        super().__init__(data, prefix=ANSWERS)
        self._groups = leaving.groups
        self._gone = {operator.pk for operator in leaving.operators}
        self._leaves = leaving.area_ids is None
        staff = {key.manager_id: self._staff(key.manager_id) for key in leaving.groups}
        for key, group in leaving.groups.items():
            area = None if key.area_id is None else areas[key.area_id]
            others = self._homes(key, group, area, areas, staff[key.manager_id])
            if group.held:
                self.fields[_name("held", key)] = _question(
                    _("Held in %s") % _named(area),
                    [*self._stay(group), *others],
                )
            if group.waiting:
                self.fields[_name("waiting", key)] = _question(
                    _("Waiting in %s, which keeps nobody") % _named(area),
                    [
                        ("", gettext_lazy("Choose")),
                        *others,
                        (_STAY, gettext_lazy("Leave them without a home")),
                    ],
                )

    def homes(self) -> dict[GroupKey, Homes]:
        """Returns the answers by group."""
        return {
            key: Homes(
                self._home("held", key, QUEUE if self._leaves else STAY),
                self._home("waiting", key, STAY),
            )
            for key in self._groups
        }

    def _home(self, what: str, key: GroupKey, default: Home) -> Home:
        answer = self.cleaned_data.get(_name(what, key))
        if not answer:
            return default
        if answer in _HOMES:
            return _HOMES[answer]
        if answer.startswith(_OPERATOR):
            return Home(operator_id=int(answer.removeprefix(_OPERATOR)))
        return Home(area_id=int(answer.removeprefix(_AREA)))

    def _staff(self, manager_id: int) -> list[Colleague]:
        """Returns the manager's other operators."""
        return [one for one in colleagues_of(manager_id) if one.id not in self._gone]

    def _stay(self, group: Group) -> Choices:
        """Returns the choices for held contacts that name nobody."""
        queue = (_QUEUE, gettext_lazy("Back to the queue"))
        if group.keeps_nobody:
            nobody = gettext_lazy("Back to the queue, where nobody can take them")
            queue = (_QUEUE, nobody)
        if not self._leaves:
            return [(_STAY, gettext_lazy("He keeps them")), queue]
        if group.keeps_nobody:
            return [("", gettext_lazy("Choose")), queue]
        return [queue]

    def _homes(
        self,
        key: GroupKey,
        group: Group,
        area: Area | None,
        areas: Mapping[int, Area],
        staff: Sequence[Colleague],
    ) -> Choices:
        """Returns the operators and areas that can take the contacts."""
        serving = [
            one
            for one in staff
            if group.keeps_nobody or area is None or area.pk in one.area_ids
        ]
        staffed = {area_id for one in staff for area_id in one.area_ids}
        elsewhere = [
            other
            for other in areas.values()
            if other.manager_id == key.manager_id
            and other.pk != key.area_id
            and other.pk in staffed
        ]
        found: Choices = []
        if serving:
            people = [
                (f"{_OPERATOR}{o.id}", operator_label(o, [area])) for o in serving
            ]
            found.append((_("Operator"), people))
        if elsewhere:
            moves = [(f"{_AREA}{a.pk}", area_label(a, staff)) for a in elsewhere]
            found.append((_("Another area"), moves))
        return found


def chosen_operators(answers: Mapping[str, str]) -> list[int]:
    """Returns the operators named in the posted answers, which are locked first."""
    named = (
        value.removeprefix(_OPERATOR)
        for name, value in answers.items()
        if name.startswith(f"{ANSWERS}-") and value.startswith(_OPERATOR)
    )
    return [int(row_id) for row_id in named if is_row_id(row_id)]


def leaving_impact(leaving: Leaving, *, title: str, sentences: Sequence[str]) -> Impact:
    """Returns the effects of these operators leaving, or leaving areas."""
    managers = {operator.manager_id for operator in leaving.operators}
    areas = {
        area.pk: area
        for area in Area.objects.in_use().filter(manager__in=managers).order_by("name")
    }
    return Impact(
        title=title,
        facts=[
            *_held_facts(leaving),
            *_unserved_facts(leaving, areas),
            *_ending_facts(leaving),
        ],
        sentences=sentences,
        rows=leaving.operators,
        make_form=lambda data: HomesForm(data, leaving, areas),
        button=title,
        danger=True,
    )


def _held_facts(leaving: Leaving) -> list[Fact]:
    held = leaving.held()
    is_open = [each for each in held if each.chat_id is not None]
    quiet = [each for each in held if each.chat_id is None]
    owed = [each for each in is_open if each.waiting_since is not None]
    found = [
        Fact("held", _("Open chats held"), len(is_open), _ids(is_open), warns=True),
        Fact(
            "owed",
            _("of these, customers who wait for an answer"),
            len(owed),
            _ids(owed),
            note=_since(owed),
            warns=True,
        ),
    ]
    if quiet:
        label = _("Contacts held without an open chat")
        found.append(Fact("quiet", label, len(quiet), _ids(quiet)))
    return found


def _unserved_facts(leaving: Leaving, areas: Mapping[int, Area]) -> list[Fact]:
    unserved_areas = leaving.unserved_areas()
    names = [
        _named(areas[key.area_id]) if key.area_id else _named(None)
        for key in unserved_areas
    ]
    found = [
        Fact(
            "unserved_areas",
            _("Areas that keep nobody"),
            len(unserved_areas),
            [f"{key.manager_id}:{key.area_id}" for key in unserved_areas],
            note=", ".join(names),
            warns=True,
        )
    ]
    waiting = leaving.waiting()
    if unserved_areas:
        label = _("Chats that wait there")
        note = _since(waiting)
        found.append(
            Fact("waiting", label, len(waiting), _ids(waiting), note=note, warns=True)
        )
    return found


def _ending_facts(leaving: Leaving) -> list[Fact]:
    if leaving.area_ids is not None:
        return []
    unsent, sockets = leaving.unsent, leaving.sockets
    return [
        Fact(
            "unsent",
            _("Messages that they wrote and that wait to be sent"),
            len(unsent),
            unsent,
            note=_("They are sent all the same.") if unsent else "",
            is_fleeting=True,
        ),
        Fact("sockets", _("Connections that end"), len(sockets), is_fleeting=True),
    ]


def _ids(affected: Sequence[Affected]) -> list[int]:
    return [each.contact_id for each in affected]


def _since(affected: Sequence[Affected]) -> str:
    times: list[datetime] = [
        time for each in affected if (time := each.waiting_since or each.queued_at)
    ]
    return _("the oldest since %s") % short(min(times)) if times else ""


def _named(area: Area | None) -> str:
    return _("no area") if area is None else area.name


def _name(what: str, key: GroupKey) -> str:
    return f"{what}_{key.manager_id}_{key.area_id or 0}"


def _question(label: str, choices: Choices) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, widget=UnfoldAdminSelectWidget()
    )
