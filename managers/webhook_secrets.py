"""The secrets in the addresses at which gateways without signatures reach us.

One for each manager and gateway, random and encrypted, so that a leaked one is renewed
alone. An address reads `<manager>-<secret>`, which names the row to compare with.
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

from managers.models import WebhookSecret

# How long the address before goes on after a renewal: its gateway must be given the
# new one, and what it sends until then would be lost.
GRACE = timedelta(hours=24)

_PATH = re.compile(r"/webhooks/([a-z]+)/([^/]+)(?:/.*)?")


def get_or_create(source: str, manager_id: int) -> str:
    """The last part of the manager's present address for that gateway."""
    row = WebhookSecret.objects.filter(
        manager_id=manager_id, source=source, ends_at=None
    ).first()
    if row is None:
        # Of two that make one at once, the database keeps the first.
        made = WebhookSecret(manager_id=manager_id, source=source, secret=_random())
        WebhookSecret.objects.bulk_create([made], ignore_conflicts=True)
        row = WebhookSecret.objects.get(
            manager_id=manager_id, source=source, ends_at=None
        )
    return f"{manager_id}-{row.secret}"


def renew(source: str, manager_id: int, *, at_once: bool = False) -> str:
    """Makes another address and answers its last part. The one before ends after
    GRACE, or, `at_once`, now, with all that are still in theirs."""
    ends_at = timezone.now() + (timedelta() if at_once else GRACE)
    with transaction.atomic():
        rows = WebhookSecret.objects.filter(manager_id=manager_id, source=source)
        rows.filter(Q(ends_at=None) | Q(ends_at__gt=ends_at)).update(ends_at=ends_at)
        rows.filter(ends_at__lte=timezone.now()).delete()
        return get_or_create(source, manager_id)


def manager_of(source: str, given: str) -> int | None:
    """Whose address ends like that, None when it is nobody's or has ended."""
    digits, _, secret = given.partition("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        return None
    live = WebhookSecret.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=timezone.now()),
        manager_id=int(digits),
        source=source,
    )
    sent = secret.encode("utf-8", "replace")
    fits = [hmac.compare_digest(row.secret.encode(), sent) for row in live]
    return int(digits) if any(fits) else None


def is_to_valid_address(request: HttpRequest) -> bool:
    """Whether the request comes to the present address of some manager's gateway."""
    path = _PATH.fullmatch(request.path_info)
    return path is not None and manager_of(path[1], path[2]) is not None


def _random() -> str:
    return secrets.token_hex(20)
