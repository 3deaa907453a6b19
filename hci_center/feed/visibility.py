"""Who may see a row: one predicate, in Python for what is live, in SQL for what was.

It says of an event what `ContactQuerySet.visible_to` says of a contact. An event that
belongs to no contact bears neither area nor operator and is seen by all of its
manager's.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from areas.session_auth import caller_of
from hci_center.callers import Caller
from managers.models import ApiKey


def can_see(caller: Caller, area: int | None, operator: int | None) -> bool:
    """Whether a row of that area and operator, of a manager it reaches, is its."""
    if caller.role != "operator":
        return True
    if area is None and operator is None:
        return True
    return area in caller.areas or (
        operator is not None and operator == caller.operator
    )


_CAN_SEE = """(%(role)s <> 'operator'
    OR {area} = ANY (%(areas)s) OR {operator} = %(operator)s
    OR ({area} IS NULL AND {operator} IS NULL))"""
CAN_SEE_NOW = _CAN_SEE.format(area="area_id", operator="operator_id")
SAW_BEFORE = _CAN_SEE.format(area="was_area_id", operator="was_operator_id")
REACHES = "(%(managers)s::bigint[] IS NULL OR manager_id = ANY (%(managers)s))"


def parameters(caller: Caller) -> dict[str, Any]:
    """What the SQL above is to be run with."""
    return {
        "role": caller.role,
        "managers": None if caller.managers is None else list(caller.managers),
        "operator": caller.operator or 0,
        "areas": list(caller.areas),
    }


def find_caller(credential: str) -> Caller | None:
    """What a credential ("key:7", "user:12") may see by now; None when it has ended."""
    kind, _, pk = credential.partition(":")
    if kind == "user":
        user = User.objects.filter(pk=pk).first()
        return None if user is None else caller_of(user)
    key = ApiKey.objects.live().filter(pk=pk).first()
    if key is None:
        return None
    bound = None
    if not key.all_managers:
        bound = frozenset(key.managers.values_list("pk", flat=True))
    return Caller("key", credential, bound, secrets=key.secrets)
