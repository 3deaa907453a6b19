"""Forms of the back-office that do not overwrite what somebody else has saved meanwhile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
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


class VersionedPage:
    """For pages whose form to change a row is a VersionedForm."""

    change_form_before_template: Any = "admin/row_version.html"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        return _versioned(form) if change else form


def _versioned(form: Any) -> Any:
    made: Any = type(form.__name__, (VersionedForm, form), {})
    # Keeps the page's fields; the metaclass has generated others from the model.
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
