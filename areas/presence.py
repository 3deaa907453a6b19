"""The presence of operators: their own settings, and the frame of a change.

The functions of `areas/sql/` keep the spans; the feed calls them as sockets come and go
(`hci_center.feed.sockets.presence`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from areas.models import Availability, PauseReason
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import ForbiddenError, InvalidError, OperatorNotFoundError
from hci_center.times import as_time

# An operator without a heartbeat for this many seconds is offline.
LASTS = 60

ONLINE = Availability.State.ONLINE.value
PAUSED = Availability.State.PAUSED.value

# Claims, assignments and the feed take the same lock before they look at him.
_LOCK = """
SELECT o.manager_id FROM areas_operator o
 WHERE o.id = %s AND o.is_active FOR NO KEY UPDATE
"""
# Repeating what is set keeps `since`.
_SET = """
INSERT INTO areas_availability AS v (operator_id, state, reason, since)
VALUES (%s, %s, %s, clock_timestamp())
ON CONFLICT (operator_id) DO UPDATE
   SET state = excluded.state, reason = excluded.reason, since = excluded.since
 WHERE (v.state, v.reason) IS DISTINCT FROM (excluded.state, excluded.reason)
"""
_FOLLOW = "SELECT * FROM presence_follow(ARRAY[%s]::bigint[], %s, false)"
_CURRENT = "SELECT operator_id, state, reason, since FROM presence_of(%s::bigint[])"
# Sent at commit, as `change_now` does, but without `m`: presence frames have none.
_PUBLISH = "SELECT pg_notify('change_now', %s)"

_NOT_ONLINE = """
SELECT o.id FROM areas_operator o JOIN areas_availability v ON v.operator_id = o.id
 WHERE o.user_id = %s AND o.is_active AND v.state <> 'online'
"""


class PresenceChange(NamedTuple):
    """A row of `presence_follow`; `state` is None for who has never set anything."""

    operator_id: int
    manager_id: int
    is_online: bool
    state: str | None
    reason: str
    since: datetime | None

    def frame(self) -> dict[str, Any]:
        """Returns the payload of the `now` frame for the change."""
        told: dict[str, Any] = {
            "k": "presence",
            "id": str(self.operator_id),
            "online": self.is_online,
        }
        if self.state is not None:
            told |= presence_fields(self.state, self.reason, self.since)
        return told


def presence_fields(state: str, reason: str, since: datetime | None) -> dict[str, Any]:
    """Returns the presence fields of an operator."""
    return {
        "presence": state,
        "pauseReason": reason,
        "since": None if since is None else as_time(since),
    }


@dataclass(frozen=True, slots=True)
class CurrentPresence:
    """The current presence of an operator: online, paused with a reason, or offline."""

    state: str
    reason: str
    since: datetime | None


def presences(operator_ids: list[int]) -> dict[int, CurrentPresence]:
    """Returns the current presence of each operator, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, [operator_ids])
        return {pk: CurrentPresence(*told) for pk, *told in cursor.fetchall()}


def set_presence(caller: Caller, operator_id: int, state: str, reason: str) -> int:
    """Sets an operator's presence while connected; returns his manager's id.

    Raises ForbiddenError if an operator's session names another; OperatorNotFoundError;
    InvalidError if the reason is missing, unknown or not one of a pause.
    """
    if caller.role == "operator" and operator_id != caller.operator:
        raise ForbiddenError
    with transaction.atomic():
        manager_id = _lock(operator_id)
        if manager_id is None or not caller.reaches(manager_id):
            raise OperatorNotFoundError
        record_subject(manager_id)
        _check_reason(manager_id, state, reason)
        _set(operator_id, state, reason)
    return manager_id


def reset_presence(
    sender: object, request: HttpRequest | None, user: Any, **_more: Any
) -> None:
    """Sets an operator who signs in to online; receives `user_logged_in`."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_ONLINE, [user.pk])
        row = cursor.fetchone()
    if row is None:
        return
    with transaction.atomic():
        if _lock(row[0]) is not None:
            _set(row[0], ONLINE, "")


def _lock(operator_id: int) -> int | None:
    """Locks an active operator and returns his manager's id."""
    if operator_id <= 0:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [operator_id])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _check_reason(manager_id: int, state: str, reason: str) -> None:
    """Raises InvalidError unless the reason fits the state and the manager's list."""
    if state != PAUSED:
        if reason:
            raise InvalidError(fields={"reason": [_("Only a pause has a reason.")]})
        return
    offered = PauseReason.objects.filter(manager=manager_id, is_active=True)
    codes = list(offered.values_list("code", flat=True))
    if reason and not codes:
        sentence = _("This manager has no pause reasons, so none can be given.")
    elif codes and not reason:
        sentence = _("A pause needs a reason: %s.") % ", ".join(codes)
    elif codes and reason not in codes:
        sentence = _("There is no pause reason with the code %s.") % ", ".join(codes)
    else:
        return
    raise InvalidError(fields={"reason": [sentence]})


def _set(operator_id: int, state: str, reason: str) -> None:
    """Stores the presence, updates his span and publishes the change."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [operator_id, state, reason])
        cursor.execute(_FOLLOW, [operator_id, LASTS])
        for row in cursor.fetchall():
            change = PresenceChange(*row)
            frame = json.dumps({"t": "now", **change.frame()})
            cursor.execute(_PUBLISH, [f"{change.manager_id} {frame}"])
