"""The secrets in the webhook URLs of gateways that do not sign their requests.

Each manager and gateway has its own, random and encrypted, so that a leaked one can be
renewed alone. A URL ends with `<manager>-<secret>`, which identifies the row to compare
with.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from hci_center.audit.database import name_actor
from managers.models import WebhookSecret

# How long the earlier URL stays valid after a renewal: the gateway has to be given the
# new one, and events sent until then would be lost.
GRACE = timedelta(hours=24)

_PATH = re.compile(r"/webhooks/([a-z]+)/([^/]+)(?:/.*)?")


def get_or_create(source: str, manager_id: int) -> str:
    """Returns the last part of the manager's present webhook URL for that gateway."""
    row = WebhookSecret.objects.filter(
        manager_id=manager_id, source=source, ends_at=None
    ).first()
    if row is None:
        # Of two simultaneous inserts, the database keeps the first.
        created = WebhookSecret(manager_id=manager_id, source=source, secret=_random())
        with transaction.atomic():
            name_actor()
            WebhookSecret.objects.bulk_create([created], ignore_conflicts=True)
        row = WebhookSecret.objects.get(
            manager_id=manager_id, source=source, ends_at=None
        )
    return f"{manager_id}-{row.secret}"


def renew(source: str, manager_id: int, *, at_once: bool = False) -> str:
    """Renews the webhook URL and returns its last part.

    The present URL expires after GRACE, or immediately with `at_once`; this also
    applies to earlier URLs that would expire later.
    """
    ends_at = timezone.now() + (timedelta() if at_once else GRACE)
    with transaction.atomic():
        name_actor()
        rows = WebhookSecret.objects.filter(manager_id=manager_id, source=source)
        rows.filter(Q(ends_at=None) | Q(ends_at__gt=ends_at)).update(ends_at=ends_at)
        rows.filter(ends_at__lte=timezone.now()).delete()
        return get_or_create(source, manager_id)


def manager_of(source: str, given: str) -> int | None:
    """Returns the manager's id for the last part of a URL; None if it is not valid."""
    digits, _, secret = given.partition("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        return None
    live = WebhookSecret.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=timezone.now()),
        manager_id=int(digits),
        source=source,
    )
    sent = secret.encode("utf-8", "replace")
    matches = [hmac.compare_digest(row.secret.encode(), sent) for row in live]
    return int(digits) if any(matches) else None


def is_to_valid_address(request: HttpRequest) -> bool:
    """Returns whether the request's path is a valid webhook URL."""
    path = _PATH.fullmatch(request.path_info)
    return path is not None and manager_of(path[1], path[2]) is not None


def _random() -> str:
    return secrets.token_hex(20)
