"""The forms of a contact and of the actions on contacts."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from areas.admin.colleagues import area_label, operator_label
from areas.models import Area
from chats.conversations.operator_load import colleagues_of
from contacts import photos
from contacts.models import Channel, Contact
from contacts.phone_numbers import as_written, is_complete
from contacts.saving import find_contact
from hci_center.api.parsers import (
    NOBODY,
    WrongValueError,
    parse_contact_key,
    parse_public_id,
)
from managers.admin.lookups import is_row_id
from managers.admin.tenant import caller_behind

# A WhatsApp user without a phone: `BR.1502576394655843`, `lid:186217734951012`.
USER_ID = re.compile(r"(?:[A-Z]{2}\.|lid:)[A-Za-z0-9]+")


class NewContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Adds a customer who has not written yet."""

    class Meta:
        model = Contact
        fields = ["manager", "channel", "external_id", "name", "area"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        area, manager = cleaned["area"], cleaned["manager"]
        if area is not None and area.manager_id != manager.pk:
            self.add_error("area", _("Choose an area of the contact's manager."))
        try:
            cleaned["external_id"] = _external_id(
                cleaned["channel"], cleaned["external_id"], manager.number
            )
        except WrongValueError as error:
            self.add_error("external_id", str(error.sentence))
            return cleaned
        if find_contact(manager.pk, cleaned["channel"], cleaned["external_id"]):
            self.add_error("external_id", _("This contact is there already."))
        return cleaned


class KnownContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Changes an existing customer."""

    def clean_photo(self) -> str:
        photo: str = self.cleaned_data["photo"]
        # Most likely another contact's picture, which this person may not be allowed
        # to view.
        if photo != self.initial.get("photo") and photos.is_ours(photo):
            raise forms.ValidationError(
                _("This address leads to a picture that is kept here already.")
            )
        return photo


def _external_id(channel: str, written: str, manager_number: int | None) -> str:
    """Returns the id to save the customer under; raises WrongValueError."""
    if channel == Channel.FACEBOOK:
        return parse_public_id(written)
    external_id = parse_contact_key(written).whatsapp_id
    if not external_id.isdecimal():
        if USER_ID.fullmatch(external_id):
            return external_id
        raise WrongValueError(_("This is not a phone number."))
    digits = as_written(written, manager_number)
    if not is_complete(digits):
        raise WrongValueError(
            _("Give the whole number, with country and area code: +55 11 91234-5678.")
        )
    return digits


def operator_field(manager_id: int | None, areas: list[Area]) -> forms.Field:
    """Returns the choice of the manager's active operators, or nobody (0).

    Labels show presence, number of chats, and the areas that an operator does not
    serve.
    """
    staff = [] if manager_id is None else colleagues_of(manager_id)
    return forms.TypedChoiceField(
        label=gettext_lazy("Operator"),
        coerce=int,
        choices=[
            ("", gettext_lazy("Choose an operator")),
            (NOBODY, gettext_lazy("Nobody: back to the queue")),
            *((one.id, operator_label(one, areas)) for one in staff),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


def area_field(manager_id: int | None) -> forms.Field:
    """Returns the choice of the manager's areas."""
    areas = Area.objects.in_use().filter(manager=manager_id).order_by("name")
    staff = [] if manager_id is None else colleagues_of(manager_id)
    return forms.TypedChoiceField(
        label=gettext_lazy("Area"),
        coerce=int,
        choices=[
            ("", gettext_lazy("Choose an area")),
            *((area.pk, area_label(area, staff)) for area in areas),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


def areas_of(contacts: QuerySet[Contact]) -> list[Area]:
    """Returns the areas of contacts, to label operators who do not serve them."""
    ids = contacts.order_by().values("area")
    return list(Area.objects.filter(pk__in=ids).order_by("name"))


class HandOverForm(forms.Form):
    def __init__(self, data: Any, manager_id: int | None, areas: list[Area]) -> None:
        super().__init__(data)
        self.fields["operator"] = operator_field(manager_id, areas)


class ChangeAreaForm(forms.Form):
    def __init__(self, data: Any, manager_id: int | None) -> None:
        super().__init__(data)
        self.fields["area"] = area_field(manager_id)


class ContactDialog(BaseDialogForm):
    """A dialog about one contact, with choices of the contact's manager."""

    def manager_id(self) -> int | None:
        """Returns the manager; None if the person may not view the contact."""
        object_id = str(self.object_id)
        if not is_row_id(object_id):
            return None
        visible = Contact.objects.present().visible_to(caller_behind(self.request))
        matches = visible.filter(pk=int(object_id))
        return matches.values_list("manager_id", flat=True).first()


class HandOverDialog(ContactDialog):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager_id = self.manager_id()
        areas = []
        if manager_id is not None:
            areas = areas_of(Contact.objects.filter(pk=int(str(self.object_id))))
        self.fields["operator"] = operator_field(manager_id, areas)


class ChangeAreaDialog(ContactDialog):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"] = area_field(self.manager_id())
