"""Changes `sa`, the step that a customer has reached in a bot's menu."""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.aliases import ALIAS_MATCH, alias_params
from contacts.manager_ref import ManagerRef, manager_match
from hci_center.callers import Caller
from hci_center.errors import ContactNotFoundError
from hci_center.visibility import reached_managers, reaches_sql
from managers.lookup import find_manager

# One statement finds and updates: no two calls ever get the same step.
_STEP = f"""
UPDATE contacts_contact c SET sa = c.sa + %(by)s
 WHERE c.deleted_at IS NULL
   AND {reaches_sql("c.manager_id")}
   AND c.id = (
       SELECT i.contact_id FROM contacts_identity i
        WHERE i.channel = %(channel)s AND {{name}}
          AND i.manager_id = (SELECT m.id FROM managers_manager m WHERE {{bears}})
        LIMIT 1)
RETURNING c.sa
"""  # noqa: S608 - of a condition


def step(
    caller: Caller, names: ManagerRef, channel: str, external_id: str, by: int
) -> int:
    """Changes the contact's step by that much and returns the new one.

    Raises ManagerNotFoundError, ContactNotFoundError.
    """
    values: dict[str, Any] = {
        **names,
        "by": by,
        "managers": reached_managers(caller),
        "channel": channel,
        **alias_params(channel, external_id),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _STEP.format(bears=manager_match(names), name=ALIAS_MATCH), values
        )
        row = cursor.fetchone()
    if row is None:
        find_manager(caller, **names)
        raise ContactNotFoundError
    return int(row[0])
