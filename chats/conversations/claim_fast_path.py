"""Claims a contact for an operator, in one SQL statement in the usual case."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.conversations.assignment import claim
from chats.conversations.audit import INSERT, SCHEDULE, act_as
from contacts.aliases import ALIAS_MATCH, alias_params
from contacts.lookup import resolve_target
from contacts.manager_ref import ManagerRef, manager_match
from contacts.queries import REACHED
from hci_center.callers import Caller
from hci_center.visibility import operator_row_sees_sql, reached_managers

# Claims a free contact with an open chat and records the event, as one statement
# instead of five: half the time of the call. The operator is locked first, so that he
# cannot be deactivated meanwhile. The statement sees one snapshot, so it writes only if
# the contact is still the row version it saw (`xmin`; opening or closing a chat updates
# that row first). Otherwise `assignment.claim` does the work with locks.
_CLAIM = f"""
WITH serving AS MATERIALIZED (
  SELECT id, manager_id FROM areas_operator
   WHERE id = %(operator)s AND is_active FOR SHARE
), claimed AS (
  UPDATE contacts_contact c SET operator_id = o.id
    FROM serving o, contacts_contact seen, chats_chat h
   WHERE seen.id = (
         SELECT i.contact_id FROM contacts_identity i
          WHERE i.channel = %(channel)s AND {ALIAS_MATCH}
            AND i.manager_id = (
                SELECT m.id FROM managers_manager m WHERE {REACHED} AND {{bears}})
          LIMIT 1)
     AND o.manager_id = seen.manager_id
     AND c.id = seen.id AND c.xmin = seen.xmin
     AND c.deleted_at IS NULL AND c.operator_id IS NULL
     AND {operator_row_sees_sql("o.id")}
     AND h.contact_id = seen.id AND h.closed_at IS NULL
  RETURNING c.manager_id, h.id AS chat_id, c.area_id, c.operator_id, c.sa
)
{INSERT}
SELECT manager_id, chat_id, 'claimed', clock_timestamp(), area_id, operator_id,
       %(actor)s, operator_id, '', sa, {SCHEDULE.format(row="claimed")}, NULL
  FROM claimed
"""  # noqa: S608 - of conditions


def answer_contact(
    caller: Caller,
    names: ManagerRef,
    channel: str,
    external_id: str,
    operator_id: int,
) -> None:
    """Assigns the manager's contact to the operator.

    Raises what `contacts.lookup.resolve_target` and
    `chats.conversations.assignment.claim` raise, and ForbiddenError if an operator's
    login session names another operator.
    """
    # A claim in another operator's name skips the fast path: it is refused below, after
    # the other checks.
    in_anothers = caller.role == "operator" and caller.operator != operator_id
    if not in_anothers and _is_claimed(
        caller, names, channel, external_id, operator_id
    ):
        return
    target = resolve_target(
        caller,
        names,
        channel=channel,
        external_id=external_id,
        operator_id=operator_id,
    )
    contact, scope = target.contact(), target.scope()
    claim(contact, scope, actor=act_as(caller, scope.operator_id))


def _is_claimed(
    caller: Caller,
    names: ManagerRef,
    channel: str,
    external_id: str,
    operator_id: int,
) -> bool:
    values: dict[str, Any] = {
        **names,
        **alias_params(channel, external_id),
        "channel": channel,
        "operator": operator_id,
        "managers": reached_managers(caller),
        "actor": caller.credential,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(bears=manager_match(names)), values)
        return bool(cursor.rowcount)
