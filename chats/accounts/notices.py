"""Stores the notices of platforms about an account and its message templates.

Notices arrive in any order and more than once: the latest of a topic wins, by the
platform's timestamp.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from chats.gateways.events import AccountNotice, TemplateNotice
from chats.models import GatewayAccount, GatewayNotice, MessageTemplate, SessionChange

logger = logging.getLogger(__name__)

# Condition on an `n` in chats_gatewaynotice: a problem that needs attention.
IS_OPEN_PROBLEM = """n.level = 'problem' AND n.handled_at IS NULL
   AND (n.ends_at IS NULL OR n.ends_at > statement_timestamp())"""

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING}
# States of a template in which it cannot be sent, or soon will not be.
BAD_STATES = frozenset(
    {"REJECTED", "PAUSED", "DISABLED", "FLAGGED", "PENDING_DELETION", "DELETED"}
)
GOOD_STATES = frozenset({"APPROVED", "REINSTATED"})


def record_notice(manager_id: int, channel: str, notice: AccountNotice) -> None:
    """Replaces the topic's previous notice and schedules a check of the session.

    An older notice than the stored one, or a repeat of it, changes nothing.
    """
    at = _reported_at(notice.at)
    values: dict[str, Any] = {
        "level": notice.level,
        "text": notice.text[:500],
        "is_blocking": notice.is_blocking,
        "ends_at": notice.until,
    }
    with transaction.atomic():
        account = _lock_account(manager_id, channel)
        topic = notice.topic[:32]
        known = account.notices.filter(topic=topic).first()
        if known is not None and _is_known(known, values, notice.at):
            return
        account.notices.update_or_create(
            topic=topic, defaults={**values, "reported_at": at, "handled_at": None}
        )
        SessionChange.objects.create(
            account=account, state=account.state, reason=values["text"]
        )
        account.next_check_at = timezone.now()
        account.save(update_fields=["next_check_at"])
    level = _LEVELS.get(notice.level, logging.ERROR)
    logger.log(level, "%s:%s: reported: %s", channel, manager_id, notice.topic)


def record_template(manager_id: int, channel: str, notice: TemplateNotice) -> None:
    """Updates the template with the fields of the notice and keeps the others.

    A notice older than the stored one changes nothing.
    """
    at = _reported_at(notice.at)
    with transaction.atomic():
        account = _lock_account(manager_id, channel)
        key = {"name": notice.name[:512], "language": notice.language[:32]}
        template = account.templates.filter(**key).first()
        if template is None:
            template = MessageTemplate(account=account, **key)
        elif notice.at is not None and template.reported_at > at:
            return
        for field in ("status", "category", "quality"):
            setattr(template, field, getattr(notice, field) or getattr(template, field))
        if notice.status:
            template.reason = notice.reason[:500]
        template.reported_at = at
        template.save()
    level = logging.WARNING if notice.status in BAD_STATES else logging.INFO
    logger.log(level, "%s:%s: a template was reported on", channel, manager_id)


def blocked_by(manager_id: int, channel: str) -> str:
    """Returns why the platform blocks the account, or "" if it does not."""
    blocking = _open_problems().filter(
        account__manager=manager_id, account__channel=channel, is_blocking=True
    )
    texts = blocking.order_by("-reported_at").values_list("text", flat=True)
    return texts.first() or ""


def open_problems(account_ids: Iterable[int]) -> QuerySet[GatewayNotice]:
    """Returns the unhandled, current problems of these accounts."""
    return _open_problems().filter(account__in=account_ids)


def _open_problems() -> QuerySet[GatewayNotice]:
    return GatewayNotice.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=Now()),
        level=GatewayNotice.Level.PROBLEM,
        handled_at=None,
    )


def mark_handled(account_ids: Iterable[int]) -> int:
    """Marks the open problems of these accounts as handled, which ends their alerts.

    Returns the number of problems.
    """
    accounts = list(account_ids)
    count = open_problems(accounts).update(handled_at=timezone.now())
    GatewayAccount.objects.filter(pk__in=accounts).update(next_check_at=timezone.now())
    return count


def _lock_account(manager_id: int, channel: str) -> GatewayAccount:
    account, _is_new = GatewayAccount.objects.select_for_update().get_or_create(
        manager_id=manager_id, channel=channel
    )
    return account


def _reported_at(at: datetime | None) -> datetime:
    """Returns `at`, or now if it is None or lies in the future.

    A future time would hide all later notices until then.
    """
    now = timezone.now()
    return min(at or now, now)


def _is_known(
    known: GatewayNotice, values: dict[str, Any], at: datetime | None
) -> bool:
    if at is None:
        return all(getattr(known, name) == value for name, value in values.items())
    reported = _reported_at(at)
    if known.reported_at != reported:
        return known.reported_at > reported
    return all(getattr(known, name) == value for name, value in values.items())
