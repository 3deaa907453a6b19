"""The first page of the back-office: what needs attention now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.holidays import managers_without_next_year
from areas.models import Area
from chats.admin.account_troubles import troubles_of
from chats.conversations.homes import count_homeless
from hci_center.callers import Caller
from hci_center.visibility import reached_managers, reaches_sql
from managers.admin.change_log import recent_entries
from managers.admin.tenant import caller_behind, sees_one_manager

# The open chats by manager and area, along their partial index: few at any time,
# however many are closed.
_OPEN_BY_AREA = f"""
SELECT m.id, m.name, a.id, a.name,
       count(*) FILTER (WHERE c.operator_id IS NULL),
       count(*) FILTER (WHERE c.operator_id IS NOT NULL),
       sum(c.unread),
       min(h.opened_at) FILTER (WHERE c.operator_id IS NULL),
       count(*) FILTER (WHERE k.risk_at <= now() AND (k.due_at > now()) IS NOT FALSE),
       count(*) FILTER (WHERE k.due_at <= now()), bool_or(k.runs)
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id
  JOIN managers_manager m ON m.id = h.manager_id
  LEFT JOIN areas_area a ON a.id = c.area_id
  LEFT JOIN LATERAL (
    SELECT true AS runs, min(r.risk_at) AS risk_at, min(r.due_at) AS due_at
      FROM chats_clock r
     WHERE r.chat_id = h.id AND r.met_at IS NULL AND r.void_at IS NULL
    HAVING count(*) > 0) k ON true
 WHERE h.closed_at IS NULL
   AND {reaches_sql("h.manager_id")}
 GROUP BY m.id, a.id
 ORDER BY 8 NULLS LAST, m.name, a.name
"""  # noqa: S608 - of a condition


@dataclass(frozen=True, slots=True)
class Queue:
    """The open chats of one area of one manager."""

    manager_id: int
    manager: str
    area_id: int | None
    area: str | None
    waiting: int
    answered: int
    unread: int
    oldest: datetime | None
    # Chats with a service level clock that is at risk, or that has run out.
    at_risk: int
    overdue: int
    has_clocks: bool | None


def queues_of(caller: Caller) -> list[Queue]:
    """Returns every area that has an open chat, the longest wait first."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_BY_AREA, {"managers": reached_managers(caller)})
        return [Queue(*row) for row in cursor.fetchall()]


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds accounts in trouble, queues, areas to review and the person's actions."""
    caller = caller_behind(request)
    queues = queues_of(caller)
    return {
        **context,
        "title": _("Overview"),
        "troubles": troubles_of(caller),
        "queues": queues,
        "has_clocks": any(queue.has_clocks for queue in queues),
        "waiting": sum(queue.waiting for queue in queues),
        "answered": sum(queue.answered for queue in queues),
        "unread": sum(queue.unread for queue in queues),
        "to_review": Area.objects.visible_to(caller).filter(needs_review=True).count(),
        "homeless": count_homeless(caller),
        "without_holidays": managers_without_next_year(caller, timezone.localdate()),
        "one_manager": sees_one_manager(request),
        "recent": recent_entries(request, admin.site),
    }
