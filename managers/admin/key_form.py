"""The forms of API keys: to create, change and rotate one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from managers import keys
from managers.admin.impact import ANSWERS
from managers.models import ApiKey
from managers.networks import WrongNetworkError, parse_networks


class NetworksForm(forms.ModelForm):  # type: ignore[type-arg]
    """The changeable settings of an active key: its limit and networks."""

    class Meta:
        model = ApiKey
        fields = ["networks", "per_minute"]

    def clean_networks(self) -> str:
        try:
            return "\n".join(parse_networks(self.cleaned_data["networks"]))
        except WrongNetworkError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_per_minute(self) -> int | None:
        calls: int | None = self.cleaned_data["per_minute"]
        if calls is not None and not 1 <= calls <= keys.MOST_CALLS:
            sentence = _("Calls a minute are a number from 1 to %d.")
            raise forms.ValidationError(sentence % keys.MOST_CALLS)
        return calls

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        networks = cleaned.get("networks")
        by_address = self._has("by_address")
        if networks == "" and (by_address or self._has("in_path")):
            self.add_error(
                "networks", _("Such a key needs the networks that it is used from.")
            )
        if networks and by_address:
            try:
                keys.refuse_taken_addresses(networks.split(), but=self.instance.pk)
            except keys.AddressTakenError as error:
                self.add_error(
                    "networks",
                    _("“%s” is already recognised by such an address.") % error,
                )
        return cleaned

    def _has(self, name: str) -> bool:
        return bool(self.cleaned_data.get(name, getattr(self.instance, name)))


class KeyForm(NetworksForm):
    class Meta:
        model = ApiKey
        fields = [
            "name",
            "all_managers",
            "managers",
            "secrets",
            "per_minute",
            "expires_at",
            "networks",
            "in_path",
            "by_address",
        ]
        # The page prints help texts as HTML, in which `<key>` would be a tag.
        help_texts = {"in_path": escape(ApiKey._meta.get_field("in_path").help_text)}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ApiKey.objects.live().filter(name=name).exists():
            raise forms.ValidationError(
                _("A live key bears this name: choose another, then end the old one.")
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "all_managers" in cleaned and "managers" in cleaned:
            chosen = bool(cleaned["managers"])
            if cleaned["all_managers"] and chosen:
                self.add_error(
                    "managers", _("Choose some managers or all of them, not both.")
                )
            elif not cleaned["all_managers"] and not chosen:
                self.add_error("managers", _("Choose managers, or all of them."))
        if cleaned.get("by_address"):
            if cleaned.get("secrets"):
                self.add_error("secrets", _("Not without a key."))
            if cleaned.get("in_path"):
                self.add_error("in_path", _("There is no key that could stand there."))
        return cleaned


class OverlapForm(forms.Form):
    """How long an old key remains valid along with its successor."""

    days = forms.IntegerField(
        label=gettext_lazy("Days until the old key ends"),
        min_value=0,
        max_value=90,
        initial=7,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("0 ends it now."),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, prefix=ANSWERS)
