"""Saves a policy, and the resulting versions of the hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from areas.models import Policy
from areas.rules.hours import Problems
from areas.rules.policies import KEYS
from areas.rules.policy_values import KEYS as GIVEN_KEYS
from areas.rules.policy_values import read_policy
from areas.rules.schedule_versions import refresh_rules
from hci_center.errors import InvalidError
from managers.models import Manager


def save_policy(
    manager_id: int,
    area_id: int | None,
    given: Mapping[str, Any] | None,
    *,
    place: str = "policy",
    made_by: str = "",
) -> bool:
    """Sets the given keys of a manager's (`area_id` None) or an area's policy.

    Absent keys stay unchanged; None inherits, and None instead of all keys inherits
    everything. Raises InvalidError with errors by position, such as
    "policy.hours.mon[0]", and changes nothing then. Returns whether anything has
    changed.
    """
    with transaction.atomic():
        changed = write_policy(manager_id, area_id, given, place=place)
        # Even if nothing changed here: a time zone may have changed.
        return refresh_rules(manager_id, made_by) or changed


def write_policy(
    manager_id: int,
    area_id: int | None,
    given: Mapping[str, Any] | None,
    *,
    place: str = "policy",
) -> bool:
    """Sets the keys like `save_policy`; call `refresh_rules` afterwards.

    So that several policies of a manager result in one version of the hours. To be
    called in a transaction.
    """
    problems: Problems = {}
    if given is None:
        given = dict.fromkeys(GIVEN_KEYS - ({"entryArea"} if area_id else set()))
    # Saves of one manager are serialized: each compares with the previous one.
    Manager.objects.select_for_update(no_key=True).only("pk").get(pk=manager_id)
    columns = read_policy(
        given,
        manager_id=manager_id,
        area_id=area_id,
        place=place,
        problems=problems,
    )
    if problems:
        raise InvalidError(problems)
    return _write(manager_id, area_id, columns)


def _write(manager_id: int, area_id: int | None, columns: dict[str, Any]) -> bool:
    row = Policy.objects.filter(manager=manager_id, area=area_id).first()
    present = row or Policy(manager_id=manager_id, area_id=area_id)
    changed = [key for key in columns if getattr(present, key) != columns[key]]
    if not changed:
        return False
    for key in changed:
        setattr(present, key, columns[key])
    if _is_empty(present):
        # It inherits everything, like a missing row.
        if row is None:
            return False
        row.delete()
    else:
        present.save()
    return True


def _is_empty(row: Policy) -> bool:
    return not row.no_away_area and all(getattr(row, key) is None for key in KEYS)
