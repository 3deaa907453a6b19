"""An operator takes a contact that a call names: mostly in one statement."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.assignment import IN_SERVICE, claim
from chats.ledger import act_as
from contacts.identity import borne
from contacts.lookup import ADDRESS_FROM, ADDRESSED, addressed_of
from contacts.naming import ManagerNames, bears
from hci_center.callers import Caller

# What `address` finds, and the claim of it with its line in the ledger, as one statement
# instead of five: half of the call. It sees one moment. So it writes only where the
# contact is still the row that it saw (`xmin`; whoever opens or closes a chat changes
# that row first), and else leaves it to the rule, which holds what it judges.
_CLAIM = f"""
WITH addressed AS (
  SELECT {ADDRESSED}, c.xmin AS version {ADDRESS_FROM} {{bears}}
), claimed AS (
  UPDATE contacts_contact c SET operator_id = a.of_operator
    FROM addressed a
   WHERE c.id = a.id AND c.xmin = a.version
     AND c.deleted_at IS NULL AND c.operator_id IS NULL
     AND (c.area_id IS NULL OR c.area_id = ANY(a.of_areas))
     AND (%(managers)s::bigint[] IS NULL OR c.manager_id = ANY(%(managers)s::bigint[]))
     AND EXISTS (SELECT FROM chats_chat h
                  WHERE h.contact_id = a.id AND h.closed_at IS NULL)
     AND a.of_operator IS NOT NULL AND {IN_SERVICE}
  RETURNING c.id, c.manager_id, c.area_id, c.operator_id
), told AS (
  INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, area_id, operator_id,
                               actor, acting_operator_id)
  SELECT c.manager_id, h.id, 'claimed', clock_timestamp(), c.area_id, c.operator_id,
         %(actor)s, c.operator_id
    FROM claimed c JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
)
SELECT EXISTS (SELECT FROM claimed), a.* FROM addressed a
"""  # noqa: S608 - of columns


def answer_contact(
    caller: Caller,
    names: ManagerNames,
    channel: str,
    external_id: str,
    operator_id: int,
) -> None:
    """The operator answers that contact of that manager from now on.

    Raises what `contacts.lookup.address` and `chats.assignment.claim` raise, and
    ForbiddenError for an operator's session that says another operator.
    """
    managers = caller.managers
    if caller.role == "operator" and caller.operator != operator_id:
        # Nobody claims in another's name: the rule refuses him in its own order.
        managers = frozenset()
    values: dict[str, Any] = {
        **names,
        **borne(channel, external_id),
        "channel": channel,
        "operator": operator_id,
        "managers": None if managers is None else list(managers),
        "actor": caller.credential,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(bears=bears(names)), values)
        row = cursor.fetchone()
    is_claimed, *columns = row if row else (False,)
    addressed = addressed_of(caller, columns[:-1] or None)
    if not is_claimed:
        contact, sight = addressed.contact(), addressed.sight()
        claim(contact, sight, actor=act_as(caller, sight.operator_id))
