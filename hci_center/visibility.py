"""Who may see a contact: the one rule, in Python, as a Q and as SQL.

A caller sees the contacts of the managers that it reaches. An operator sees only some
of them: his own, those with neither area nor operator, and those of his areas. What
belongs to a contact, such as its messages, is visible with it.

The three forms say the same in the same order; `tests/contacts/test_visibility.py`
compares them row by row. They are not made from one another: the feed asks the
predicate for each change and audience, and the lists need SQL without the ORM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from hci_center.callers import Caller

# Takes a contact's area and operator.
Predicate = Callable[[int | None, int | None], bool]


def operator_predicate(operator: int, areas: frozenset[int]) -> Predicate:
    """Returns whether an operator of these areas sees a contact of his manager."""

    def sees(area_id: int | None, operator_id: int | None) -> bool:
        return (
            operator_id == operator
            or (area_id is None and operator_id is None)
            or area_id in areas
        )

    return sees


def _operator_sees_q(operator: int, areas: frozenset[int]) -> Q:
    return (
        Q(operator=operator)
        | Q(area__isnull=True, operator__isnull=True)
        | Q(area__in=areas)
    )


# `served` is a condition: whether the operator serves the area.
_OPERATOR_SEES = """({operator_id} = {operator}
        OR ({area_id} IS NULL AND {operator_id} IS NULL)
        OR {served})"""
_SERVED = "{area_id} = ANY(%(viewer_areas)s::bigint[])"
_SERVED_BY_ROW = """EXISTS (
            SELECT FROM areas_operatorarea s
             WHERE s.operator_id = {operator} AND s.area_id = {area_id})"""


def operator_sees_sql(
    area_id: str = "c.area_id", operator_id: str = "c.operator_id"
) -> str:
    """Returns the condition on two columns, with `operator_parameters`."""
    return _OPERATOR_SEES.format(
        area_id=area_id,
        operator_id=operator_id,
        operator="%(viewer)s",
        served=_SERVED.format(area_id=area_id),
    )


def operator_row_sees_sql(operator: str) -> str:
    """Returns the same for `c` and the operator of a column, with his present areas."""
    return _OPERATOR_SEES.format(
        area_id="c.area_id",
        operator_id="c.operator_id",
        operator=operator,
        served=_SERVED_BY_ROW.format(area_id="c.area_id", operator=operator),
    )


def operator_parameters(operator: int, areas: frozenset[int]) -> dict[str, Any]:
    """Returns the parameters of `operator_sees_sql`."""
    return {"viewer": operator, "viewer_areas": list(areas)}


def predicate_within_manager(caller: Caller) -> Predicate:
    """Returns whether the caller sees a contact of a manager that it reaches.

    For the feed, which asks once for each change and audience.
    """
    if caller.role != "operator":
        return _everything
    return operator_predicate(caller.operator or 0, caller.areas)


def _everything(area_id: int | None, operator_id: int | None) -> bool:
    return True


def sees(
    caller: Caller, manager_id: int, area_id: int | None, operator_id: int | None
) -> bool:
    """Whether the caller sees a contact of that manager, area and operator."""
    return caller.reaches(manager_id) and predicate_within_manager(caller)(
        area_id, operator_id
    )


def sees_q(caller: Caller) -> Q:
    """Returns the condition on contacts for the ORM."""
    seen = Q() if caller.managers is None else Q(manager__in=caller.managers)
    if caller.role == "operator":
        seen &= _operator_sees_q(caller.operator or 0, caller.areas)
    return seen


def reaches_sql(manager_id: str) -> str:
    """Returns whether the caller reaches the manager of a column, with `parameters`."""
    return f"(%(managers)s::bigint[] IS NULL OR {manager_id} = ANY(%(managers)s::bigint[]))"


def sees_within_manager_sql(area_id: str, operator_id: str) -> str:
    """Returns `predicate_within_manager` for two columns, with `parameters`.

    A hot list appends `operator_sees_sql` for operators only, which plans better.
    """
    return (
        f"(%(viewer_role)s <> 'operator' OR {operator_sees_sql(area_id, operator_id)})"
    )


def parameters(caller: Caller) -> dict[str, Any]:
    """Returns the parameters of all conditions above."""
    return {
        "managers": reached_managers(caller),
        "viewer_role": caller.role,
        **operator_parameters(caller.operator or 0, caller.areas),
    }


def reached_managers(caller: Caller) -> list[int] | None:
    """Returns the parameter `managers` of `reaches_sql`."""
    return None if caller.managers is None else list(caller.managers)
