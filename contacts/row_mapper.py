"""A contact's row as rules hold it, read by hand-written statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.base import ModelState

from contacts.models import Contact

# What rules ask of a contact. Its times are for lists, which read them as texts; here
# Django would look them up when they are asked for.
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
# What a statement over `contacts_contact c` selects or returns for `contact_of`.
COLUMNS = ", ".join(f"c.{name}" for name in NAMES)


def contact_of(row: Sequence[Any]) -> Contact:
    """The instance of a row of COLUMNS.

    As `Model.from_db` makes it, but without `__init__`, whose signals and fields cost
    a hot call as much as its answer's JSON.
    """
    contact = Contact.__new__(Contact)
    contact.__dict__.update(zip(NAMES, row, strict=True))
    contact._state = ModelState()
    contact._state.adding, contact._state.db = False, "default"
    return contact
