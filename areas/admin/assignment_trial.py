"""The data with which the page of an area's rules tries an assignment on last week."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from areas.models import Operator, Policy
from areas.rules.policies import policy_for


def trial_data(policy: Policy) -> dict[str, Any] | None:
    """Returns the data for the page's script; None for a manager's own rules."""
    if policy.area is None:
        return None
    manager = policy.manager
    names = {"number": manager.number} if manager.number else {}
    inherited = policy_for(manager.pk, None)
    people = Operator.objects.filter(manager=manager).values_list("pk", "name")
    return {
        "names": names or {"facebookId": manager.facebook_id},
        "area": policy.area.code,
        "operators": {str(pk): name for pk, name in people},
        "inherited": {
            "assign": inherited.assign,
            "cap": inherited.cap,
            "lastOperator": inherited.last_operator,
        },
        "labels": {
            "chats": _("%s chats came in, and %s of them would have been assigned."),
            "wait": _(
                "Half of the customers would have waited at most %s minutes and nine of "
                "ten at most %s; in fact it was %s and %s."
            ),
            "assumed": _("Nobody's presence was recorded: all are taken for present."),
            "trying": _("One moment …"),
            "failed": _("The trial did not answer. Try again."),
        },
    }
