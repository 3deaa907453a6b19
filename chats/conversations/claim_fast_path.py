"""An operator takes a contact that a call names: mostly in one statement."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.conversations.assignment import claim
from chats.conversations.audit import act_as
from contacts.aliases import ALIAS_MATCH, alias_params
from contacts.lookup import resolve_target
from contacts.manager_ref import ManagerRef, manager_match
from contacts.queries import REACHED
from hci_center.callers import Caller

# All that `answer_contact` does where nothing is in the way, with its line in the ledger,
# as one statement instead of five: half of the call. The operator is held first, so that
# he does not leave meanwhile. It sees one moment, so it writes only where the contact
# is still the row that it saw (`xmin`; whoever opens or closes a chat changes that row
# first), and else leaves it to the rule, which holds what it judges.
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
     AND (c.area_id IS NULL OR EXISTS (
         SELECT FROM areas_operatorarea s
          WHERE s.operator_id = o.id AND s.area_id = c.area_id))
     AND h.contact_id = seen.id AND h.closed_at IS NULL
  RETURNING c.manager_id, h.id AS chat_id, c.area_id, c.operator_id
)
INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, area_id, operator_id,
                             actor, acting_operator_id)
SELECT manager_id, chat_id, 'claimed', clock_timestamp(), area_id, operator_id,
       %(actor)s, operator_id
  FROM claimed
"""  # noqa: S608 - of conditions


def answer_contact(
    caller: Caller,
    names: ManagerRef,
    channel: str,
    external_id: str,
    operator_id: int,
) -> None:
    """The operator answers that contact of that manager from now on.

    Raises what `contacts.lookup.resolve_target` and `chats.conversations.assignment.claim` raise, and
    ForbiddenError for an operator's session that says another operator.
    """
    # Nobody claims in another's name: the rule refuses him in its own order.
    in_anothers = caller.role == "operator" and caller.operator != operator_id
    if not in_anothers and _is_claimed(
        caller, names, channel, external_id, operator_id
    ):
        return
    addressed = resolve_target(
        caller,
        names,
        channel=channel,
        external_id=external_id,
        operator_id=operator_id,
    )
    contact, sight = addressed.contact(), addressed.scope()
    claim(contact, sight, actor=act_as(caller, sight.operator_id))


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
        "managers": None if caller.managers is None else list(caller.managers),
        "actor": caller.credential,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(bears=manager_match(names)), values)
        return bool(cursor.rowcount)
