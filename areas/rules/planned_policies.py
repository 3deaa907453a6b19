"""Plans settings of policies that take effect later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from areas.models import PlannedPolicy
from areas.rules.hours import Problems
from areas.rules.policy_saving import save_policy
from areas.rules.policy_values import read_policy
from hci_center.audit.actor import acting_as
from hci_center.background.faults import isolate, record
from hci_center.database.clock import server_time
from hci_center.errors import InvalidError
from managers.models import Manager

LATEST = timedelta(days=366)
# The number that one call of the worker's job applies.
AT_ONCE = 100


@transaction.atomic
def plan_policy(
    manager_id: int,
    area_id: int | None,
    given: Mapping[str, Any],
    *,
    begins_at: datetime,
    made_by: str,
) -> PlannedPolicy:
    """Plans the keys for that time, in addition to those already planned for it.

    Raises InvalidError like `save_policy`, and at "beginsAt" for a time that is not
    within the next 366 days.
    """
    problems: Problems = {}
    # Saves of one manager are serialized.
    Manager.objects.select_for_update(no_key=True).only("pk").get(pk=manager_id)
    read_policy(
        given,
        manager_id=manager_id,
        area_id=area_id,
        place="policy",
        problems=problems,
    )
    if not timedelta() < begins_at - server_time() <= LATEST:
        problems["beginsAt"] = [_("Choose a moment within the next 366 days.")]
    if problems:
        raise InvalidError(problems)
    plan = PlannedPolicy.objects.filter(
        manager=manager_id, area=area_id, begins_at=begins_at
    ).first() or PlannedPolicy(
        manager_id=manager_id, area_id=area_id, begins_at=begins_at, given={}
    )
    plan.given = {**plan.given, **given}
    plan.made_by = made_by
    plan.save()
    return plan


def begin_planned() -> None:
    """Saves the planned settings that are due, each in a transaction, oldest first."""
    due = PlannedPolicy.objects.filter(begins_at__lte=server_time(), problem="")
    for pk, manager_id in due.order_by("begins_at", "pk").values_list(
        "pk", "manager_id"
    )[:AT_ONCE]:
        with isolate("worker", "planned rules", f"planned policy {pk}"):
            _begin(pk, manager_id)


def _begin(pk: int, manager_id: int) -> None:
    refused: InvalidError | None = None
    with transaction.atomic():
        # In the lock order of `plan_policy`: first the manager.
        manager = Manager.objects.select_for_update(no_key=True).filter(pk=manager_id)
        list(manager.only("pk"))
        plan = PlannedPolicy.objects.filter(pk=pk, problem="").first()
        if plan is None:
            # Another worker has applied it, or somebody has cancelled it.
            return
        with acting_as(plan.made_by):
            try:
                save_policy(manager_id, plan.area_id, plan.given, made_by=plan.made_by)
            except InvalidError as error:
                refused = error
                plan.problem = _error_text(error)[:300]
                plan.save(update_fields=["problem"])
            else:
                plan.delete()
    if refused is not None:
        record("worker", "planned rules", refused, f"planned policy {pk}")


def _error_text(error: InvalidError) -> str:
    """Returns the errors with their positions, as one line."""
    fields: Mapping[str, list[Any]] = error.more.get("fields", {})
    return "; ".join(
        f"{place}: {force_str(sentence)}"
        for place, sentences in fields.items()
        for sentence in sentences
    )
