"""Form fields for secrets that are stored and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanWidget

from hci_center.encryption import decrypt, encrypt

LONGEST_TOKEN = 4096
_SEALED = "sealed:"


def sealed(value: str) -> str:
    """Returns a submitted secret in encrypted form, for a page."""
    if not value or value.startswith(_SEALED):
        return value
    return _SEALED + encrypt(value)


class SecretField(forms.CharField):
    """A secret in one line; empty keeps the stored one. Accepts encrypted ones too."""

    def clean(self, value: Any) -> str:
        if isinstance(value, str) and value.startswith(_SEALED):
            try:
                value = decrypt(value.removeprefix(_SEALED))
            except ImproperlyConfigured as error:
                raise forms.ValidationError(_("Type it again.")) from error
        text: str = super().clean(value)
        return text

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_length=LONGEST_TOKEN,
            widget=UnfoldAdminPasswordWidget(
                {"autocomplete": "new-password", "spellcheck": "false"}
            ),
            **options,
        )


class ClearField(forms.BooleanField):
    """A check box to clear a stored secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=UnfoldBooleanWidget(), **options)


class SecretsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model form with columns that can be written but are never shown.

    For each column in `secret_columns` the form declares `new_<column>` and
    `clear_<column>`; the column itself is not among its fields.
    """

    secret_columns: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in self.secret_columns:
            if f"new_{column}" not in self.fields:
                continue
            stored = bool(getattr(self.instance, column))
            status = (
                gettext_lazy("One is stored. Leave empty to keep it.")
                if stored
                else gettext_lazy("None is stored.")
            )
            field = self.fields[f"new_{column}"]
            field.help_text = format_lazy("{} {}", status, field.help_text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for column in self.secret_columns:
            if cleaned.get(f"new_{column}") and cleaned.get(f"clear_{column}"):
                self.add_error(
                    f"clear_{column}", _("Either give a new one or clear it, not both.")
                )
        return cleaned

    @property
    def written_besides(self) -> list[str]:
        """The secret columns that the form sets or clears."""
        return [
            column
            for column in self.secret_columns
            if self.cleaned_data.get(f"clear_{column}")
            or self.cleaned_data.get(f"new_{column}")
        ]

    def save(self, commit: bool = True) -> Any:
        for column in self.written_besides:
            cleared = self.cleaned_data.get(f"clear_{column}")
            new = "" if cleared else self.cleaned_data[f"new_{column}"]
            setattr(self.instance, column, new)
        return super().save(commit)
