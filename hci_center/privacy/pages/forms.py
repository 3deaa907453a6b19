"""The forms of the pages of personal data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from chats.models import Chat
from contacts.models import Contact
from hci_center.privacy.models import Hold, Request


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, widget=UnfoldAdminSelectWidget()
    )


class RequestForm(forms.Form):
    """A request: who asks for what, without free text about the person."""

    kind = _choice(_("What is asked for"), Request.Kind.choices)
    asked_by = _choice(_("Who asks"), Request.AskedBy.choices)
    identified = _choice(_("How the person was identified"), Request.Identified.choices)
    why = _choice(_("Why"), Request.Why.choices)


class ConfirmForm(forms.Form):
    typed = forms.CharField(
        label=_("Type the person's number or id again"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        max_length=128,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )


class HoldForm(forms.Form):
    """A legal hold of a contact of a request, or of one of its chats."""

    contact = forms.ModelChoiceField(
        Contact.objects.none(), label=_("Contact"), widget=UnfoldAdminSelectWidget()
    )
    protocol = forms.CharField(
        label=_("Protocol"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Empty: everything of the contact."),
    )
    reason = _choice(_("Reason"), Hold.Reason.choices)
    reference = forms.CharField(
        label=_("Number of the case"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        field.queryset = Contact.objects.filter(
            pk__in=request.subjects.values("contact")
        ).order_by("pk")
        field.empty_label = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        protocol, contact = cleaned.get("protocol"), cleaned.get("contact")
        cleaned["chat"] = None
        if protocol and contact is not None:
            chats = Chat.objects.filter(contact=contact, protocol=protocol)
            cleaned["chat"] = chats.first()
            if cleaned["chat"] is None:
                self.add_error("protocol", _("The contact has no such chat."))
        return cleaned
