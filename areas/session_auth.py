"""From a signed-in session to the person behind it."""

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

from hci_center.callers import Caller
from managers.models import Supervision

# Each call of an operator's console: who he is with his areas, in one round trip.
_OPERATOR_OF = """
SELECT o.id, o.manager_id,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o
 WHERE o.user_id = %s AND o.is_active
"""


def caller_from_session(request: HttpRequest) -> Caller | None:
    """The caller whose session cookie the request carries, None when nobody's."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    open_session(request)
    if settings.SECRET_KEY_FALLBACKS:
        _renew_session(request)
    return caller_of(get_user(request))


def _renew_session(request: HttpRequest) -> None:
    """Puts a session that was made under an earlier HCI_SECRET_KEY under this one.

    `get_user` would do it by giving the session another key, which this answer has no
    cookie for: the person would be signed out.
    """
    session = request.session
    made = str(session.get(HASH_SESSION_KEY, ""))
    user = User.objects.filter(pk=str(session.get(SESSION_KEY) or 0)).first()
    if user is None or constant_time_compare(made, user.get_session_auth_hash()):
        return
    before = user.get_session_auth_fallback_hash()
    if any(constant_time_compare(made, each) for each in before):
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        # Signed out at the same moment: there is nothing to renew.
        with suppress(UpdateError):
            session.save()


def open_session(request: HttpRequest) -> None:
    """Gives the request its session: the gate stands before Django's middleware."""
    SessionMiddleware(lambda _request: HttpResponse()).process_request(request)


def caller_of(user: AbstractBaseUser | AnonymousUser) -> Caller | None:
    """What a user may see: all, his managers, or an operator's part of one.

    None for a user who is nobody here: inactive, or neither staff nor operator.
    """
    if not isinstance(user, User) or not user.is_active:
        return None
    credential = f"user:{user.pk}"
    if user.is_superuser:
        return Caller("administrator", credential, None)
    if user.is_staff:
        supervised = Supervision.objects.filter(user=user).values_list(
            "manager_id", flat=True
        )
        return Caller("supervisor", credential, frozenset(supervised))
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
