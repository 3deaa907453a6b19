"""Recognises the browsers that accounts have signed in on by a signed cookie.

The cookie grants no access: the password is still required. It only lets the browser's
attempts be counted separately, so that other people's failures do not delay them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "hci_device"
# The longest that browsers keep a cookie; each sign-in renews it.
LASTS = 400 * 24 * 60 * 60
# Colleagues share a computer; the earliest sign-in is dropped first.
MOST_ACCOUNTS = 20
_SALT = "areas.devices"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Device:
    """A browser, with the ids of the users who have signed in on it."""

    id: str
    users: tuple[int, ...]


def device_of(request: HttpRequest | None) -> Device | None:
    """Returns the device of the request's cookie, or None without a valid one."""
    text = request.COOKIES.get(COOKIE) if request is not None else None
    if text is None:
        return None
    try:
        payload = signing.loads(text, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return Device(payload["id"], tuple(payload["users"]))


def remember_device(*, request: HttpRequest, user: User, **_signal: Any) -> None:
    """Adds the user to the device's users; receiver of `user_logged_in`."""
    known = device_of(request)
    users = [pk for pk in known.users if pk != user.pk] if known else []
    request.device = Device(  # type: ignore[attr-defined]
        known.id if known else secrets.token_urlsafe(16),
        (user.pk, *users[: MOST_ACCOUNTS - 1]),
    )


def set_device_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Sets the device cookie if somebody signed in with this request."""
    device: Device | None = getattr(request, "device", None)
    if device is None:
        return
    payload = {"id": device.id, "users": device.users}
    response.set_cookie(
        COOKIE,
        signing.dumps(payload, salt=_SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


class DeviceMiddleware:
    """Sets the device cookie on pages; the API sets it in its own viewset."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        set_device_cookie(request, response)
        return response
