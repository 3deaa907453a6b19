"""The findings of the latest nightly check, as a tile of the wall."""

from __future__ import annotations

from django.db.models import Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from hci_center.callers import Caller
from hci_center.reports.models import Check, Run
from hci_center.reports.wall.tiles import Tile


def checks_tile(caller: Caller) -> Tile:
    """Returns the tile; those without a manager are counted for administrators."""
    visible = Q()
    if caller.managers is not None:
        visible = Q(manager_id__in=caller.managers)
    latest = Run.objects.order_by("-began_at").values("began_at")[:1]
    found = Check.objects.filter(visible, at__gte=Subquery(latest)).count()
    return Tile(
        "checks",
        _("Findings of the nightly check"),
        found,
        reverse("reports:checks"),
        is_warning=found > 0,
    )
