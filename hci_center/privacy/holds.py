"""Finds the contacts that a legal hold keeps: the held one and those merged with it."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from hci_center.privacy.models import Hold, Request

# A merged contact has no ids any more: its own is one of the contact that has its chats.
# A hold of either keeps both, whenever it was placed.
_HELD = """
WITH placed AS (
  SELECT id AS hold_id, contact_id FROM privacy_hold WHERE lifted_at IS NULL
), main AS (
  SELECT hold_id, contact_id FROM placed
   UNION
  SELECT p.hold_id, i.contact_id
    FROM placed p JOIN contacts_contact c ON c.id = p.contact_id
    JOIN contacts_identity i
      ON (i.manager_id, i.channel, i.alias) = (c.manager_id, c.channel, c.external_id)
)
SELECT hold_id, contact_id FROM main
 UNION
SELECT m.hold_id, c.id
  FROM main m JOIN contacts_identity i ON i.contact_id = m.contact_id
  JOIN contacts_contact c
    ON (c.manager_id, c.channel, c.external_id) = (i.manager_id, i.channel, i.alias)
"""
# The ids of all held contacts; as an array it is computed once in a statement.
HELD_CONTACTS = f"ARRAY(SELECT contact_id FROM ({_HELD}) held)"  # noqa: S608 - of constants
_OF_REQUEST = f"""
SELECT hold_id FROM ({_HELD}) held
 WHERE contact_id IN (SELECT contact_id FROM privacy_subject WHERE request_id = %s)
"""  # noqa: S608


def holds_of(request: Request) -> QuerySet[Hold]:
    """Returns the legal holds that block an erasure."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_REQUEST, [request.pk])
        found = [hold_id for (hold_id,) in cursor.fetchall()]
    return Hold.objects.filter(pk__in=found).select_related("chat", "contact")
