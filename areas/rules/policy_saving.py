"""Saves a policy, with the versions of the hours that follow from it."""

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

    A key that is not given stays; None inherits, and None instead of all keys inherits
    everything. Raises InvalidError with each error by its place, like
    "policy.hours.mon[0]", and then nothing has changed. Returns whether anything has.
    """
    with transaction.atomic():
        changed = write_policy(manager_id, area_id, given, place=place)
        # Also where nothing changed here: a zone may have.
        return refresh_rules(manager_id, made_by) or changed


def write_policy(
    manager_id: int,
    area_id: int | None,
    given: Mapping[str, Any] | None,
    *,
    place: str = "policy",
) -> bool:
    """Sets the keys as `save_policy`; `refresh_rules` has to follow.

    Several policies of a manager so lead to one version of the hours. To be called in a
    transaction.
    """
    problems: Problems = {}
    if given is None:
        given = dict.fromkeys(GIVEN_KEYS - ({"entryArea"} if area_id else set()))
    # Saves of one manager take turns: each compares with the one before.
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
        # It inherits everything, as without a row.
        if row is None:
            return False
        row.delete()
    else:
        present.save()
    return True


def _is_empty(row: Policy) -> bool:
    return not row.no_away_area and all(getattr(row, key) is None for key in KEYS)
