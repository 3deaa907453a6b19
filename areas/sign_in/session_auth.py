"""Authenticates requests by login session."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from areas.sign_in.login_sessions import note_use
from areas.sign_in.second_factor import must_enroll
from hci_center.callers import Caller, Role
from managers.models import Supervision

# Runs on each call of an operator: the operator with his areas in one query.
_OPERATOR_OF = """
SELECT o.id, o.manager_id,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o
 WHERE o.user_id = %s AND o.is_active
"""


def caller_from_session(request: HttpRequest) -> Caller | None:
    """Returns the caller of the request's login session, or None."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    open_session(request)
    if settings.SECRET_KEY_FALLBACKS:
        _renew_session(request)
    user = get_user(request)
    if user.is_authenticated:
        note_use(request, user.pk)
    return caller_of(user)


def _renew_session(request: HttpRequest) -> None:
    """Renews a login session that was made with an earlier HCI_SECRET_KEY.

    `get_user` would do so by changing the session key, but this response sets no
    cookie: the person would be signed out.
    """
    session = request.session
    stored_hash = str(session.get(HASH_SESSION_KEY, ""))
    user = User.objects.filter(pk=str(session.get(SESSION_KEY) or 0)).first()
    if user is None or constant_time_compare(stored_hash, user.get_session_auth_hash()):
        return
    before = user.get_session_auth_fallback_hash()
    if any(constant_time_compare(stored_hash, each) for each in before):
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        # The user has signed out meanwhile: there is nothing to renew.
        with suppress(UpdateError):
            session.save()


def open_session(request: HttpRequest) -> None:
    """Sets `request.session`: ApiMiddleware runs before Django's middleware."""
    SessionMiddleware(lambda _request: HttpResponse()).process_request(request)


def caller_of(user: AbstractBaseUser | AnonymousUser) -> Caller | None:
    """Returns the caller of a user, or None.

    An administrator may access all managers, a supervisor or an auditor his own, an
    operator a part of one. None for a user who is inactive, neither staff nor operator,
    or has yet to set up the second factor that he needs.
    """
    if not isinstance(user, User) or not user.is_active or must_enroll(user):
        return None
    credential = f"user:{user.pk}"
    if user.is_superuser:
        return Caller("administrator", credential, None)
    if user.is_staff:
        supervised = dict(
            Supervision.objects.filter(user=user).values_list(
                "manager_id", "reads_only"
            )
        )
        role: Role = "auditor" if any(supervised.values()) else "supervisor"
        return Caller(role, credential, frozenset(supervised))
    with connection.cursor() as cursor:
        cursor.execute(_OPERATOR_OF, [user.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    operator_id, manager_id, areas = row
    return Caller(
        "operator",
        credential,
        frozenset({manager_id}),
        operator=operator_id,
        areas=frozenset(areas),
    )
