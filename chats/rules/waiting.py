"""Finds the contacts that wait for an assignment, and their last operators."""

from __future__ import annotations

from typing import Any

from django.db import connection

from areas.models import Assignment
from areas.rules.policies import PolicySettings
from chats.rules.candidates import candidates_of

# How many of the longest waiting are tried, if other transactions have locked their
# rows.
TRIED = 20

# The operator of the contact's previous chat, if it was closed within that time and
# nobody has had the current one; for a reopened chat, its previous operator.
_LAST_OPERATOR_OF = """
SELECT CASE WHEN r.id IS NULL THEN (
         SELECT p.last_operator_id FROM chats_chat p
          WHERE p.contact_id = h.contact_id AND p.closed_at IS NOT NULL
            AND p.closed_at >= clock_timestamp() - make_interval(secs => %(within)s)
          ORDER BY p.closed_at DESC LIMIT 1)
       WHEN r.cause = 'customer' AND clock_timestamp() - make_interval(secs => %(within)s) <= (
         SELECT max(e.at) FROM chats_chatevent e
          WHERE e.chat_id = h.id AND e.kind = 'closed')
       THEN (
         SELECT e.operator_id FROM chats_chatevent e
          WHERE e.chat_id = h.id AND e.id < r.id AND e.operator_id IS NOT NULL
          ORDER BY e.id DESC LIMIT 1) END
  FROM chats_chat h
  LEFT JOIN LATERAL (
    SELECT e.id, e.cause FROM chats_chatevent e
     WHERE e.chat_id = h.id AND e.kind = 'reopened' ORDER BY e.id DESC LIMIT 1) r ON true
 WHERE h.contact_id = {contact} AND h.closed_at IS NULL
   AND NOT EXISTS (
     SELECT FROM chats_chatevent t
      WHERE t.chat_id = h.id AND t.operator_id IS NOT NULL AND t.id > coalesce(r.id, 0))
"""
_LAST_OPERATOR = _LAST_OPERATOR_OF.format(contact="%(contact)s")
# The longest waiting first. Contacts inside the menu are not waiting, nor are those
# whose messages the rules have not handled yet: they may start the menu.
_IN_ORDER = """
SELECT c.id FROM contacts_contact c
  JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
 WHERE c.area_id = %(area)s AND c.operator_id IS NULL AND c.deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM chats_menustate x WHERE x.chat_id = h.id)
   AND NOT EXISTS (SELECT FROM chats_task t
                    WHERE t.kind = 'inbound' AND t.contact_id = c.id)
   {condition}
 ORDER BY greatest(c.queued_at, h.opened_at), c.id LIMIT %(limit)s
"""
_WAITING = _IN_ORDER.format(condition="")
# Without a rule, only those whose last operator may get them: any number of others may
# be waiting longer.
_WAITING_FOR_LAST = _IN_ORDER.format(
    condition=f"AND ({_LAST_OPERATOR_OF.format(contact='c.id')}) = ANY(%(operators)s)"
)


def last_operator(contact_id: int, policy: PolicySettings) -> int | None:
    """Returns the operator of the previous chat, if `lastOperator` applies."""
    if not policy.last_operator:
        return None
    values = {"contact": contact_id, "within": policy.last_operator}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_OPERATOR, values)
        row = cursor.fetchone()
    return None if row is None else row[0]


def waiting_in(area_id: int, policy: PolicySettings) -> list[int]:
    """Returns the contacts of an area to try, the longest waiting first."""
    values: dict[str, Any] = {"area": area_id, "limit": TRIED}
    statement = _WAITING
    if policy.assign == Assignment.OFF:
        found = candidates_of(area_id, policy, policy.assign)
        values["operators"] = [one.operator_id for one in found if not one.passed]
        values["within"] = policy.last_operator
        statement = _WAITING_FOR_LAST
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [contact_id for (contact_id,) in cursor.fetchall()]
