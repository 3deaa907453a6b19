"""From a signed-in session to the person behind it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from areas.models import Operator
from hci_center.callers import Caller
from managers.models import Supervision


def caller_from_session(request: HttpRequest) -> Caller | None:
    """The caller whose session cookie the request carries, None when nobody's."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    open_session(request)
    return caller_of(get_user(request))


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
    operator = Operator.objects.active().filter(user=user).first()
    if operator is None:
        return None
    areas = operator.memberships.values_list("area_id", flat=True)
    return Caller(
        "operator",
        credential,
        frozenset({operator.manager_id}),
        operator=operator.pk,
        areas=frozenset(areas),
    )
