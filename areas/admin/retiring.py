"""Asks which area replaces a retired one, and shows the effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from areas.admin.colleagues import area_label
from areas.models import Area
from chats.conversations.operator_load import colleagues_of
from chats.conversations.retiring import Retiring
from managers.admin.impact import ANSWERS, Fact, Impact
from managers.admin.lookups import is_row_id

_SUCCESSOR = "successor"


class SuccessorForm(forms.Form):
    """The successor of the area, and whether its operators serve it too."""

    serve_too = forms.BooleanField(
        label=gettext_lazy("Its operators also serve the successor"),
        help_text=gettext_lazy("Otherwise they let go of the chats that they hold."),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, data: Any, area: Area) -> None:
        super().__init__(data, prefix=ANSWERS)
        others = Area.objects.in_use().filter(manager=area.manager_id)
        self._areas = {
            other.pk: other for other in others.exclude(pk=area.pk).order_by("name")
        }
        staff = colleagues_of(area.manager_id)
        self.fields[_SUCCESSOR] = forms.ChoiceField(
            label=_("Successor"),
            choices=[
                ("", gettext_lazy("Choose an area")),
                *((pk, area_label(each, staff)) for pk, each in self._areas.items()),
            ],
            widget=UnfoldAdminSelectWidget(),
        )

    def successor(self) -> Area:
        return self._areas[int(self.cleaned_data[_SUCCESSOR])]


def chosen_successor(answers: Mapping[str, str]) -> int | None:
    """Returns the area named in the posted answers, which is locked first."""
    chosen = answers.get(f"{ANSWERS}-{_SUCCESSOR}", "")
    return int(chosen) if is_row_id(chosen) else None


def retiring_impact(found: Retiring) -> Impact:
    """Returns the effects of retiring the area."""
    return Impact(
        title=_("Put the area away"),
        facts=_retiring_facts(found),
        sentences=[
            _("Calls that name “%s” act on the successor from now on.")
            % found.area.code,
            _("It leaves every list. Past figures keep its name."),
        ],
        rows=[found.area],
        make_form=lambda data: SuccessorForm(data, found.area),
        danger=True,
    )


def _retiring_facts(found: Retiring) -> list[Fact]:
    is_open = [each for each in found.active if each.chat_id is not None]
    held = [each for each in is_open if each.operator_id is not None]
    return [
        Fact(
            "open",
            _("Open chats, which move to the successor"),
            len(is_open),
            [each.contact_id for each in is_open],
            warns=True,
        ),
        Fact(
            "held",
            _("of these, held by an operator"),
            len(held),
            [f"{each.contact_id}:{each.operator_id}" for each in held],
        ),
        # Customers without an open chat move too.
        Fact("contacts", _("Contacts that move"), found.contacts, is_fleeting=True),
        Fact("operators", _("Operators"), len(found.operators), found.operators),
        Fact(
            "only_here",
            _("of these, who serve no other area"),
            len(found.only_here),
            found.only_here,
            note=", ".join(found.only_here),
            warns=True,
        ),
        Fact("rules", _("Rules of its own, which end"), int(found.has_rules)),
        Fact("holidays", _("Holidays of its own, which end"), found.holidays),
        Fact("reasons", _("Closing reasons of its own"), found.closing_reasons),
        Fact(
            "replies",
            _("Quick replies, which move unless the successor has the shortcut"),
            found.replies,
        ),
    ]


def deleting_impact(area: Area) -> Impact:
    """Returns the effects of deleting an area that was never used."""
    operators = area.operators.active().order_by("name")
    names = list(operators.values_list("name", flat=True))
    return Impact(
        title=_("Delete the area"),
        facts=[
            Fact(
                "operators",
                _("Operators who serve it"),
                len(names),
                names,
                note=", ".join(names),
            ),
            Fact("replies", _("Quick replies that are deleted"), area.replies.count()),
            Fact("rules", _("Rules that are deleted"), area.policies.count()),
        ],
        sentences=[
            _("It was never used. Calls that name “%s” make it anew.") % area.code
        ],
        rows=[area],
        button=_("Delete the area"),
        danger=True,
    )
