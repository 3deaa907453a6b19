"""The request fields of one operation and their validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from hci_center.api.fields import WireField
from hci_center.api.parsers import WrongValueError
from hci_center.errors import InvalidError, Sentence

Fields = dict[str, Any]
Wrong = dict[str, list[Sentence]]


class Body(serializers.Serializer[Any]):
    """The request body of one operation."""

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> Fields:
        """Returns the parsed values of the sent fields; unknown fields are ignored.

        null and "" count as absent. Raises InvalidError with all wrong fields at once.
        Runs only `parse` of each declared field: DRF's validation would take frequent
        calls longer than their query.
        """
        values: Fields = {}
        wrong: Wrong = {}
        for name, field in cls._declared_fields.items():
            if not isinstance(field, WireField):
                continue
            value = sent.get(name)
            if value is None or (value == "" and not field.clearable):
                if field.required:
                    wrong[name] = [_("This field is required.")]
                continue
            try:
                values[name] = field.parse(value)
            except WrongValueError as error:
                wrong[name] = [error.sentence]
        cls.validate_fields(values, wrong)
        if wrong:
            raise InvalidError(fields=wrong)
        return values

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        """Validates fields that depend on each other; adds errors to `wrong`."""


def require_one_of(values: Fields, wrong: Wrong, *names: str) -> None:
    """Adds an error for each name when none of the fields was sent."""
    if not any(name in values or name in wrong for name in names):
        sentence = _("One of %s is required.") % ", ".join(names)
        for name in names:
            wrong[name] = [sentence]
