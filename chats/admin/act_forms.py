"""The forms of a supervisor's actions on the page of a chat."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from areas.admin.colleagues import PRESENCE, area_label, operator_label
from areas.models import Area, Availability, ClosingReason, TransferReason
from chats.conversations.operator_load import Colleague, colleagues_of
from chats.inbox.notes import LONGEST_NOTE
from chats.models import Chat
from contacts.models import Contact, Tag, Tagging
from hci_center.api.parsers import NOBODY


class Situation:
    """A chat with the data for its forms, each read once."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.contact: Contact = chat.contact

    @cached_property
    def colleagues(self) -> list[Colleague]:
        return colleagues_of(self.chat.manager_id)

    @cached_property
    def areas(self) -> list[Area]:
        rows = Area.objects.in_use().filter(manager=self.chat.manager_id)
        return list(rows.order_by("name"))

    @cached_property
    def transfer_reasons(self) -> list[tuple[str, str]]:
        rows = TransferReason.objects.filter(
            manager=self.chat.manager_id, is_active=True
        )
        return list(rows.order_by("name").values_list("code", "name"))

    def serving(self) -> list[Colleague]:
        """Returns the operators who can see the contact while it is unassigned."""
        area_id = self.contact.area_id
        return [
            one for one in self.colleagues if area_id is None or area_id in one.area_ids
        ]

    def about_operator(self, operator_id: int) -> list[str]:
        """Returns warnings that an operator may not answer soon."""
        known = {one.id: one for one in self.colleagues}
        one = known.get(operator_id)
        if one is None:
            return []
        found = []
        if one.state != Availability.State.ONLINE:
            state = str(PRESENCE[one.state][1]).lower()
            found.append(
                _("%(operator)s is %(state)s now.")
                % {"operator": one.name, "state": state}
            )
        area = self.contact.area
        if area is not None and area.pk not in one.area_ids:
            found.append(
                _("%(operator)s does not serve the area %(area)s.")
                % {"operator": one.name, "area": area.name}
            )
        return found

    def about_area(self, area_id: int) -> list[str]:
        """Returns warnings that nobody in an area may answer soon."""
        serving = [one for one in self.colleagues if area_id in one.area_ids]
        if not serving:
            return [_("Nobody serves this area.")]
        if not any(one.state == Availability.State.ONLINE for one in serving):
            return [_("Nobody who serves this area is online.")]
        return []


class ActForm(forms.Form):
    """The form of an action on a chat; `warnings` are shown before it is done."""

    def __init__(self, data: Any, situation: Situation, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        self.situation = situation
        self.build()

    def build(self) -> None:
        """Adds the fields that depend on the chat."""

    def warnings(self) -> list[str]:
        return []

    def sent(self) -> dict[str, Any]:
        """Returns the reason and the note, in the format of a call."""
        found = {name: self.cleaned_data.get(name) for name in ("reason", "note")}
        return {name: value for name, value in found.items() if value}


def _choice(label: Any, choices: Any, **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=choices, widget=UnfoldAdminSelectWidget(), **options
    )


def _note(**options: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Note"),
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        **options,
    )


class ClaimForm(ActForm):
    def build(self) -> None:
        people = [(one.id, operator_label(one)) for one in self.situation.serving()]
        self.fields["operator"] = _choice(
            gettext_lazy("Operator"),
            [("", gettext_lazy("Choose an operator")), *people],
            coerce=int,
        )

    def warnings(self) -> list[str]:
        return self.situation.about_operator(self.cleaned_data["operator"])


class _TransferFields(ActForm):
    def add_reason_and_note(self) -> None:
        if not self.situation.transfer_reasons:
            return
        reasons = [("", gettext_lazy("None")), *self.situation.transfer_reasons]
        self.fields["reason"] = _choice(gettext_lazy("Reason"), reasons, required=False)
        self.fields["note"] = _note(required=False)


class TransferForm(_TransferFields):
    def build(self) -> None:
        holder = self.situation.contact.operator_id
        area = [self.situation.contact.area]
        people = [
            (one.id, operator_label(one, area))
            for one in self.situation.colleagues
            if one.id != holder
        ]
        nobody = [(NOBODY, gettext_lazy("Nobody: back to the queue"))]
        self.fields["operator"] = _choice(
            gettext_lazy("Operator"),
            [
                ("", gettext_lazy("Choose an operator")),
                *(nobody if holder else []),
                *people,
            ],
            coerce=int,
        )
        self.add_reason_and_note()

    def warnings(self) -> list[str]:
        return self.situation.about_operator(self.cleaned_data["operator"])


class MoveForm(_TransferFields):
    def build(self) -> None:
        present = self.situation.contact.area_id
        staff = self.situation.colleagues
        self.fields["area"] = _choice(
            gettext_lazy("Area"),
            [
                ("", gettext_lazy("Choose an area")),
                *(
                    (area.pk, area_label(area, staff))
                    for area in self.situation.areas
                    if area.pk != present
                ),
            ],
            coerce=int,
        )
        self.add_reason_and_note()

    def warnings(self) -> list[str]:
        return self.situation.about_area(self.cleaned_data["area"])


class CloseForm(ActForm):
    def build(self) -> None:
        contact = self.situation.contact
        reasons = ClosingReason.objects.filter(
            Q(area=None) | Q(area=contact.area_id),
            manager=contact.manager_id,
            is_active=True,
        )
        names = list(reasons.order_by("name").values_list("code", "name"))
        if names:
            self.fields["reason"] = _choice(
                gettext_lazy("Outcome"),
                [("", gettext_lazy("None")), *names],
                required=False,
            )
        self.fields["survey"] = forms.BooleanField(
            label=gettext_lazy("Ask the customer for a mark, if the rules say so"),
            required=False,
            initial=True,
            widget=UnfoldBooleanWidget(),
        )


class NoteForm(ActForm):
    def build(self) -> None:
        self.fields["text"] = _note(
            help_text=gettext_lazy("Operators and supervisors read it, no customer.")
        )


class TagsForm(ActForm):
    """The tags of the contact; inactive ones are listed while it has them."""

    def build(self) -> None:
        contact = self.situation.contact
        taggings = Tagging.objects.filter(contact=contact)
        self.present = set(taggings.values_list("tag__code", flat=True))
        offered = Tag.objects.filter(manager=contact.manager_id).filter(
            Q(is_active=True) | Q(code__in=self.present)
        )
        self.fields["tags"] = forms.MultipleChoiceField(
            label=gettext_lazy("Tags"),
            required=False,
            choices=list(offered.order_by("name").values_list("code", "name")),
            initial=sorted(self.present),
            widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        )


class NoFields(ActForm):
    """A form without fields."""
