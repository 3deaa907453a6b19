"""Reads model instances from handwritten SQL statements.

Building a queryset takes longer than running it in PostgreSQL. If a process runs the
same statement thousands of times a minute, that is most of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


class ModelRows(Generic[Row]):
    """The columns of a model (all or the named ones), and instances from their values.

    Other fields are deferred, as with `only`.
    """

    def __init__(self, model: type[Row], *names: str) -> None:
        self._model = model
        self._fields = [
            field
            for field in model._meta.concrete_fields
            if not names or field.name in names
        ]
        self._names = [field.attname for field in self._fields]
        self.width = len(self._fields)

    def columns(self, alias: str) -> str:
        """Returns the list of columns, for a SELECT."""
        return ", ".join(f'{alias}."{field.column}"' for field in self._fields)

    def read(self, values: Sequence[Any]) -> Row:
        """Returns the instance for the values of those columns, in order."""
        found = list(values)
        for place, convert in self._converters():
            found[place] = convert(found[place], None, connection)
        return self._model.from_db(DEFAULT_DB_ALIAS, self._names, found)

    def _converters(self) -> list[tuple[int, Callable[..., Any]]]:
        if not hasattr(self, "_converting"):
            self._converting = [
                (place, convert)
                for place, field in enumerate(self._fields)
                for convert in field.get_db_converters(connection)
            ]
        return self._converting
