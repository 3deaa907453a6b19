"""Forms of the back-office that do not overwrite what somebody else has saved meanwhile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from hci_center.encryption import EncryptedTextField

# The hidden input with the version that the page was made from.
VERSION = "row_version"


class VersionedForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses to save a row that has changed since the form was shown.

    The version covers the row's columns in the form, without secrets. After a refusal,
    the form has the current one, so that saving again overwrites the other's values.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Before validation, which writes the given values into the row.
        self.row_version = _version_of(self.instance, self.fields)

    def clean(self) -> Any:
        cleaned = super().clean()
        shown = self.data.get(VERSION)
        if shown and shown != self.row_version:
            raise ValidationError(
                _(
                    "Somebody else has saved this meanwhile. The fields have your "
                    "values: save again to overwrite theirs, or reload the page to "
                    "see them."
                )
            )
        return cleaned


def versioned(form: Any) -> Any:
    """Returns the form class with that check."""
    made: Any = type(form.__name__, (VersionedForm, form), {})
    # Those of the page, and not made again from the model.
    made.base_fields = form.base_fields
    return made


def _version_of(row: Any, fields: Any) -> str:
    columns = [
        column
        for column in row._meta.concrete_fields
        if column.name in fields and not isinstance(column, EncryptedTextField)
    ]
    values = [column.value_to_string(row) for column in columns]
    return salted_hmac(VERSION, repr(values)).hexdigest()
