"""A contact's row as rules hold it, read by hand-written statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contacts.models import Contact

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
    "last_message_at",
    "created_at",
    "deleted_at",
)
# What a statement over `contacts_contact c` selects or returns for `contact_of`.
COLUMNS = ", ".join(f"c.{name}" for name in NAMES)


def contact_of(row: Sequence[Any]) -> Contact:
    """The instance of a row of COLUMNS, without the ORM's query compiler."""
    return Contact.from_db("default", NAMES, row)
