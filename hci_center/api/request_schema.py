"""The fields of one operation, and how what was sent is judged against them."""

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
    """One operation's request: subclass it, declare the fields, name it after it."""

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> Fields:
        """The plain values of the fields that were sent; unknown ones are ignored.

        null and "" count as absent. Raises InvalidError with all wrong fields at
        once. Runs `parse` of each declared field and none of DRF's machinery,
        which would cost the hot calls more than their query.
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
        """What several fields must satisfy together; adds to `wrong`."""


def require_one_of(values: Fields, wrong: Wrong, *names: str) -> None:
    """Complains of all the names when none of them was sent at all."""
    if not any(name in values or name in wrong for name in names):
        sentence = _("One of %s is required.") % ", ".join(names)
        for name in names:
            wrong[name] = [sentence]
