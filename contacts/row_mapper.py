"""Builds Contact instances from rows of raw SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.base import ModelState

from contacts.models import Contact

# The columns that rules need. Timestamps are left out, as lists read them as text;
# Django loads them when accessed.
NAMES = (
    "id",
    "manager_id",
    "channel",
    "external_id",
    "name",
    "photo",
    "area_id",
    "operator_id",
    "protocol",
    "sa",
    "unread",
    "deleted_at",
)
# The columns that a statement on `contacts_contact c` returns for `contact_of`.
COLUMNS = ", ".join(f"c.{name}" for name in NAMES)


def contact_of(row: Sequence[Any]) -> Contact:
    """Returns the instance of a row of COLUMNS.

    Works like `Model.from_db` but without `__init__`, whose signals and fields cost a
    frequent call as much as rendering its JSON.
    """
    contact = Contact.__new__(Contact)
    contact.__dict__.update(zip(NAMES, row, strict=True))
    contact._state = ModelState()
    contact._state.adding, contact._state.db = False, "default"
    return contact
