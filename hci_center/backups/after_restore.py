"""Resets the parts of a restored database that must not continue from the backup."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chats.delivery.results import fail
from chats.models import Delivery, ScheduledMessage
from hci_center.backups.snapshots import LEFT_OUT

RESTORED = "restored"

# Transaction ids of another server are meaningless on this one.
_FEED_FROM_THE_START = """
UPDATE change_head SET mark = 0, next_mark = 0, next_xid = '0', last_id = 0
"""


def reset_transient_state() -> None:
    """Ends login sessions, tickets and presence, and makes all clients reload."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(LEFT_OUT)}")
        cursor.execute(_FEED_FROM_THE_START)
        cursor.execute("SELECT change_new_epoch()")


def hold_outgoing() -> int:
    """Marks messages that were waiting to be sent as failed; returns their number.

    The original installation kept running and has probably sent them; customers should
    not get them twice. They can be sent again manually.
    """
    # Shown to operators.
    with translation.override(settings.LANGUAGE_CODE):
        reason = _(
            "A backup was restored: it may have been sent. Send it again if needed."
        )
    held = 0
    waiting = Delivery.objects.filter(done_at__isnull=True)
    for message_id, fence in list(waiting.values_list("message", "fence")):
        held += fail(message_id, fence, reason, RESTORED)
    due = Q(state=ScheduledMessage.State.WAITING, send_at__lte=timezone.now())
    missed = ScheduledMessage.State.MISSED
    return held + ScheduledMessage.objects.filter(due).update(
        state=missed, error=reason
    )
