"""Undocumented fields in writing calls do not change any row in any table."""

from __future__ import annotations

import random
import re
from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction

from tests.attacks.test_mass_assignment import NAMES, VALUES
from tests.contract.calls import CALLS
from tests.contract.conftest import UndoneError, module_centre
from tests.contract.document import DOCUMENT
from tests.counts import count

__all__ = ["module_centre"]

TRIES = count(1, full=25)
LABELS = ("managers", "areas", "contacts", "chats", "auth", "feed", "audit")
WRITING = [call for call in CALLS if call.method != "GET"]
# Different in each call.
FRESH = (
    "protocol", "token", "key", "digest", "sha256", "file", "request_id", "target",
)  # fmt: skip


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


def documented(schema: Any) -> set[str]:
    """Returns the names of a body's fields, of all its variants."""
    if isinstance(schema, list):
        return set().union(*map(documented, schema))
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        found: Any = DOCUMENT
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return documented(found)
    nested = (value for key, value in schema.items() if key != "properties")
    return set(schema.get("properties", {})).union(*map(documented, nested))


def fields_of(call: Any) -> set[str]:
    """Returns the documented fields of a call: only others are undocumented."""
    path = "/" + call.path.strip("/")
    for template, operations in DOCUMENT["paths"].items():
        parts, asked = template.strip("/").split("/"), path.strip("/").split("/")
        fits = len(parts) == len(asked) and all(
            one == other or one.startswith("{")
            for one, other in zip(parts, asked, strict=True)
        )
        if fits and call.method.lower() in operations:
            return documented(operations[call.method.lower()])
    raise AssertionError(f"{call} is not documented")


Rows = dict[str, dict[Any, dict[str, Any]]]
MODELS = {
    model._meta.db_table: model
    for label in LABELS
    for model in apps.get_app_config(label).get_models()
}
# The table that each column leads to.
LEADING = {
    (table, field.column): field.related_model._meta.db_table
    for table, model in MODELS.items()
    for field in model._meta.concrete_fields
    if field.related_model is not None
}


def all_rows() -> Rows:
    """Returns every row of the tables, by table and primary key."""
    found: Rows = {}
    for table, model in MODELS.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column.name for column in cursor.description]
            rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            found[table] = {row[model._meta.pk.column]: row for row in rows}
    return found


def blanked(table: str, row: dict[str, Any], before: Rows) -> dict[str, Any]:
    """Returns the row without values that differ per call: times, random values, ids."""

    def is_fresh(name: str, value: Any) -> bool:
        leads_to = LEADING.get((table, name))
        return (
            isinstance(value, datetime | UUID)
            or name.endswith(("_at", *FRESH))
            or (name == "id" and value not in before[table])
            or (leads_to in before and value not in {None, *before[leads_to]})
        )

    return {
        name: "…" if is_fresh(name, value) else without_numbers(name, value)
        for name, value in row.items()
    }


def without_numbers(name: str, value: Any) -> Any:
    """Returns log lines about a row without its id or the fingerprint of a secret."""
    if name not in ("detail", "before", "after") or value is None:
        return value
    return re.sub(r'\d+|(?<="mark": )"\w+"', "…", str(value))


def changed_by(ask: Any) -> tuple[int, Any]:
    """Returns the status of a call and the rows it changes; rolls it back."""
    before = all_rows()
    try:
        with transaction.atomic():
            status = ask()
            after = all_rows()
            raise UndoneError
    except UndoneError:
        pass
    changed = {table: differences(table, rows, before) for table, rows in after.items()}
    # The key's row has the time of its last use.
    del changed["managers_apikey"]
    return status, {table: change for table, change in changed.items() if any(change)}


def differences(table: str, rows: dict[Any, dict[str, Any]], before: Rows) -> Any:
    """Returns the rows of a table that were inserted, changed and deleted."""
    was = before[table]
    made = [blanked(table, row, before) for key, row in rows.items() if key not in was]
    kept = {
        (key, name): value
        for key, row in rows.items()
        if key in was
        for name, value in blanked(table, row, before).items()
        if row[name] != was[key][name]
    }
    return sorted(made, key=repr), kept, set(was) - set(rows)


@pytest.mark.parametrize("call", WRITING, ids=str)
def test_undocumented_fields_change_no_row(centre, full_api, call):
    chance = random.Random(str(call))  # noqa: S311 - repeatable
    body = call.body(centre)
    known = fields_of(call) | set(body) | {"mumber"}

    def ask(more: dict[str, Any]) -> Any:
        def asked() -> int:
            return int(full_api.call(call.method, call.url, more | body).status_code)

        return changed_by(asked)

    # The first call of a key in a day is recorded.
    full_api.call(call.method, call.url, {"no": "field"})
    expected = ask({})
    assert expected[0] == 200
    for _ in range(TRIES):
        more = {
            name: chance.choice(VALUES)
            for name in NAMES
            if name not in known and chance.random() < 0.5
        }
        status, changed = ask(more)
        # Some fields name a manager that the others do not belong to.
        assert changed == (expected[1] if status == 200 else {}), more
        assert status in (200, 400, 404), more
