"""Who may see a row of the feed: in Python for live events, in SQL for stored ones.

It corresponds to `ContactQuerySet.visible_to`. An event that belongs to no contact has
neither area nor operator and is visible to everyone who can see its manager.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from areas.session_auth import caller_of
from hci_center.callers import Caller
from managers.models import ApiKey


def can_see(caller: Caller, area: int | None, operator: int | None) -> bool:
    """Whether the caller may see a row of that area and operator.

    The caller must reach the row's manager.
    """
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
    """Returns the parameters of the SQL above."""
    return {
        "role": caller.role,
        "managers": None if caller.managers is None else list(caller.managers),
        "operator": caller.operator or 0,
        "areas": list(caller.areas),
    }


def find_caller(credential: str) -> Caller | None:
    """Returns the caller of a credential ("key:7", "user:12") with its current rights.

    None when the credential has ended.
    """
    kind, _, pk = credential.partition(":")
    if kind == "user":
        user = User.objects.filter(pk=pk).first()
        return None if user is None else caller_of(user)
    key = ApiKey.objects.live().filter(pk=pk).first()
    if key is None:
        return None
    managers = None
    if not key.all_managers:
        managers = frozenset(key.managers.values_list("pk", flat=True))
    return Caller("key", credential, managers, secrets=key.secrets)
