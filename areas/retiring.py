"""Retires an area: references to it are replaced by its successor."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area, OperatorArea, Policy
from areas.rules.menus import is_in_menu
from areas.rules.schedule_versions import refresh_rules
from hci_center.errors import InvalidError

# Waits for transactions that write rows of the area, and blocks new ones.
_LOCK = "SELECT a.id FROM areas_area a WHERE a.id = ANY(%s) ORDER BY a.id FOR UPDATE"

# The columns of policies that refer to an area.
_NAMING = ("away_area", "entry_area")


@dataclass(slots=True)
class PutAway:
    """The changes made by retiring an area, for `bring_back`."""

    area: int
    memberships: list[list[int]] = field(default_factory=list)
    added: list[list[int]] = field(default_factory=list)
    # Each [policy, column].
    policies: list[list[Any]] = field(default_factory=list)
    # Areas that were retired before, whose successor it was.
    predecessors: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def lock_areas(*area_ids: int) -> None:
    """Locks areas until the end of the transaction, before operators and contacts."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(area_ids)])


def refuse_in_menu(area: Area) -> None:
    """Raises InvalidError if the menu in force refers to the area."""
    if is_in_menu(area):
        sentence = _("The menu leads to this area: publish one without it first.")
        raise InvalidError(sentence=sentence)


def serve_successor(area: Area, successor: Area) -> list[list[int]]:
    """Adds the area's operators to its successor; returns those who are new there."""
    already = OperatorArea.objects.filter(area=successor).values("operator")
    new = OperatorArea.objects.filter(area=area).exclude(operator__in=already)
    added = [
        OperatorArea(manager_id=area.manager_id, operator_id=each, area=successor)
        for each in new.order_by("operator").values_list("operator", flat=True)
    ]
    OperatorArea.objects.bulk_create(added)
    return [[each.operator_id, successor.pk] for each in added]


def put_away(area: Area, successor: Area, *, made_by: str) -> PutAway:
    """Retires a locked area, and replaces references to it by the successor.

    Its contacts must have moved. Raises InvalidError as `refuse_in_menu`, and for a
    successor that is not in use.
    """
    refuse_in_menu(area)
    if successor.retired_at is not None or successor.manager_id != area.manager_id:
        raise InvalidError(sentence=_("Choose a successor that is in use."))
    done = PutAway(area.pk)
    served = OperatorArea.objects.filter(area=area)
    done.memberships = [
        list(each) for each in served.order_by("pk").values_list("operator", "area")
    ]
    served.delete()
    for column in _NAMING:
        naming = Policy.objects.filter(**{column: area})
        done.policies += [[pk, column] for pk in naming.values_list("pk", flat=True)]
        naming.exclude(area=successor).update(**{column: successor})
        # An area must not be its own `awayArea`.
        naming.update(**{column: None})
    earlier = Area.objects.filter(successor=area)
    done.predecessors = list(earlier.values_list("pk", flat=True))
    earlier.update(successor=successor)
    Area.objects.filter(pk=area.pk).update(
        retired_at=timezone.now(), successor=successor, needs_review=False
    )
    refresh_rules(area.manager_id, made_by)
    return done


def bring_back(done: PutAway, *, made_by: str) -> None:
    """Restores a retired area and the references to it."""
    area = Area.objects.get(pk=done.area)
    Area.objects.filter(pk=area.pk).update(retired_at=None, successor=None)
    Area.objects.filter(pk__in=done.predecessors).update(successor=area)
    for policy_id, column in done.policies:
        Policy.objects.filter(pk=policy_id).update(**{column: area})
    refresh_rules(area.manager_id, made_by)
