"""Lists and ends login sessions, and records when and where each was last used.

A session that is ended is deleted from Django's table: its next request is refused, and
its sockets close within two seconds (`hci_center.feed.sockets.credentials`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from areas.models import LoginSession
from hci_center.addresses import address_of
from hci_center.audit.recording import record

# How long a session of supervisors and administrators lasts, in seconds; those of
# operators last as long as the cookie (SESSION_COOKIE_AGE), a shift of twelve hours.
STAFF_AGE = 8 * 60 * 60
# How often each process records the use of a session, in seconds.
NOTED_EVERY = 60.0
MOST_NOTED = 10_000

_NOTE = """
INSERT INTO areas_loginsession AS l
       (session_key, user_id, address, device, started_at, last_seen_at)
VALUES (%(key)s, %(user)s, %(address)s, %(device)s, now(), now())
ON CONFLICT (session_key) DO UPDATE
   SET user_id = excluded.user_id, address = excluded.address,
       device = excluded.device, last_seen_at = excluded.last_seen_at
"""
# Each sign-in deletes a few rows of sessions that have ended.
_FORGET = """
DELETE FROM areas_loginsession WHERE id = ANY(ARRAY(
  SELECT l.id FROM areas_loginsession l
   WHERE NOT EXISTS (SELECT FROM django_session s
                      WHERE s.session_key = l.session_key AND s.expire_date > now())
   LIMIT 20 FOR UPDATE SKIP LOCKED))
"""
# Expired sessions, which can be neither used nor listed.
_DELETE_EXPIRED = """
DELETE FROM django_session WHERE session_key = ANY(ARRAY(
  SELECT session_key FROM django_session WHERE expire_date <= now()
   ORDER BY expire_date LIMIT %s FOR UPDATE SKIP LOCKED))
"""
EXPIRED_AT_ONCE = 1000
_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}

_noted: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not ended."""

    id: int
    session_key: str
    username: str
    name: str
    address: str
    device: str
    started_at: datetime
    last_seen_at: datetime


def note_sign_in(*, request: HttpRequest, user: User, **_signal: Any) -> None:
    """Records a new session and limits one of staff; receives `user_logged_in`."""
    if user.is_staff or user.is_superuser:
        request.session.set_expiry(STAFF_AGE)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
    note_use(request, user.pk)


def delete_expired() -> int:
    """Deletes expired sessions, the oldest 1,000 at most; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_EXPIRED, [EXPIRED_AT_ONCE])
        return int(cursor.rowcount)


def note_use(request: HttpRequest, user_id: int) -> None:
    """Records that the session is in use, at most once a minute in each process."""
    key = getattr(request, "session", None) and request.session.session_key
    if not key:
        return
    now = time.monotonic()
    if now - _noted.get(key, -NOTED_EVERY) < NOTED_EVERY:
        return
    if len(_noted) >= MOST_NOTED:
        _noted.clear()
    _noted[key] = now
    values: dict[str, str | int] = {
        "key": key,
        "user": user_id,
        "address": address_of(request)[:64],
        "device": device_text(request.META.get("HTTP_USER_AGENT", "")),
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)


def device_text(agent: str) -> str:
    """Returns "Firefox, Linux" for a User-Agent header; unknown ones are shortened."""
    browser = next((name for name in _BROWSERS if f"{name}/" in agent), "")
    system = next((_SYSTEMS[name] for name in _SYSTEMS if name in agent), "")
    known = [name for name in (_NAMES.get(browser, browser), system) if name]
    return ", ".join(known) or re.sub(r"[^\x20-\x7e]", "", agent)[:60]


def live_sessions(user_id: int | None = None, *, most: int = 500) -> list[LiveSession]:
    """Returns the sessions of a person, or of everybody, those in use first."""
    found = LoginSession.objects.select_related("user").order_by("-last_seen_at", "pk")
    alive = Session.objects.filter(expire_date__gt=Now())
    found = found.filter(session_key__in=alive.values("session_key"))
    if user_id is not None:
        found = found.filter(user=user_id)
    return [
        LiveSession(
            row.pk,
            row.session_key,
            row.user.get_username(),
            row.user.get_full_name(),
            row.address,
            row.device,
            row.started_at,
            row.last_seen_at,
        )
        for row in found[:most]
    ]


def end_session(pk: int, *, user_id: int | None = None) -> bool:
    """Ends a session (with `user_id`, only that user's); returns whether it existed."""
    rows = LoginSession.objects.filter(pk=pk)
    if user_id is not None:
        rows = rows.filter(user=user_id)
    with transaction.atomic():
        row = rows.select_for_update().first()
        if row is None:
            return False
        ended, _by_model = Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
        record("session-ended", "user", row.user_id)
    return ended > 0


def end_sessions_of(user_ids: Collection[int]) -> None:
    """Ends all sessions of deactivated users.

    They are refused anyway, but would be valid again once a user is active again.
    """
    rows = LoginSession.objects.filter(user__in=user_ids)
    Session.objects.filter(session_key__in=rows.values("session_key")).delete()
    rows.delete()
