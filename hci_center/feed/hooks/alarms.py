"""Reports webhooks that were switched off after failures."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _

from hci_center.errors import LackingError
from hci_center.feed.models import Hook

# Keeps the response to a probe on one line.
MOST_NAMED = 5


def check() -> str:
    """Returns "ok" for a health check; raises LackingError that lists such hooks.

    The alarm ends when a person switches the hook on or off, or deletes it.
    """
    try:
        rows = Hook.objects.filter(alarmed_at__isnull=False).order_by("alarmed_at")
        found = list(rows.values_list("key__name", "error"))
    finally:
        # The calling thread may stay idle for a long time.
        connection.close()
    if not found:
        return "ok"
    named = ", ".join(f"{name} {error}" for name, error in found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    raise LackingError(
        _("webhooks are off: %s") % (named + (f" (+{more})" if more > 0 else ""))
    )
