"""Fields, objects and lists of a provisioning file as DRF serializers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.settings import api_settings

from areas.provisioning.registry import Values, sections
from hci_center.api.parsers import WrongValueError


class Parsed(serializers.Field[Any, Any, Any, Any]):
    """A value that is parsed by a parser of the API's fields."""

    def __init__(self, parse: Callable[[Any], Any], **options: Any) -> None:
        self.parse = parse
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self.parse(data)
        except WrongValueError as error:
            raise serializers.ValidationError(str(error.sentence)) from error


class AsGiven(serializers.Field[Any, Any, Any, Any]):
    """A value that is parsed later; null is a value."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        return data


class PartList(serializers.ListSerializer[Any]):
    """A list of objects with unique keys."""

    default_error_messages: ClassVar[Values] = {
        "not_a_list": gettext_lazy("This must be a list.")
    }

    def to_internal_value(self, data: Any) -> list[Values]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        read: list[Values] = []
        problems: dict[Any, Any] = {}
        for n, item in enumerate(data):
            try:
                read.append(self.run_child_validation(item))
            except serializers.ValidationError as error:
                problems[n] = error.detail
        key = getattr(self.child, "key", None)
        keys = [values[key] for values in read] if key else []
        if twice := sorted({name for name in keys if keys.count(name) > 1}):
            problems[api_settings.NON_FIELD_ERRORS_KEY] = [
                _("%s is there twice.") % name for name in twice
            ]
        if problems:
            raise serializers.ValidationError(problems)
        return read


class Part(serializers.Serializer[Any]):
    """An object of the file. A field that is null or "" counts as absent.

    Unknown fields are refused, except those that are only in the command's output.
    `level` selects the sections whose fields are added to its own.
    """

    default_error_messages: ClassVar[Values] = {
        "invalid": gettext_lazy("This must be an object.")
    }
    printed: ClassVar[frozenset[str]] = frozenset({"id"})
    level: ClassVar[str] = ""

    class Meta:
        list_serializer_class = PartList

    def get_fields(self) -> Values:
        fields: Values = super().get_fields()
        for section in sections() if self.level else ():
            fields.update(section.fields(self.level))
        return fields

    def to_internal_value(self, data: Any) -> Values:
        if not isinstance(data, dict):
            self.fail_as_a_whole("invalid")
        problems: dict[str, Any] = {
            name: [_("There is no such field.")]
            for name in data.keys() - self.fields.keys() - self.printed
        }
        problems.update(self.problems_of(data))
        given = {name: data[name] for name in data if self._is_given(data, name)}
        try:
            values: Values = super().to_internal_value(given)
        except serializers.ValidationError as error:
            problems.update(cast(dict[str, Any], error.detail))
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def problems_of(self, data: Values) -> Values:
        """Returns problems of several fields together, by field."""
        return {}

    def fail_as_a_whole(self, code: str) -> None:
        sentence = self.error_messages[code]
        raise serializers.ValidationError(
            {api_settings.NON_FIELD_ERRORS_KEY: [sentence]}
        )

    def _is_given(self, data: Values, name: str) -> bool:
        field = self.fields.get(name)
        if field is not None and field.allow_null:
            return True
        return data[name] is not None and data[name] != ""


def sentences(detail: Any, place: str = "") -> Iterator[str]:
    """Yields the errors of a serializer as "managers[0].name: sentence"."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from sentences(inner, f"{place}{_step(name)}")
    else:
        for sentence in detail:
            yield f"{place.lstrip('.') or 'file'}: {sentence}"


def _step(name: Any) -> str:
    """Returns the path segment of a field or index; "" for errors of the whole."""
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return ""
    return f"[{name}]" if isinstance(name, int) else f".{name}"
