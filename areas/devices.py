"""The devices on which accounts have signed in, known again by a signed cookie.

It opens nothing: whoever brings it still needs the password. It only has his tries
counted by themselves, so that nobody else's failures hold him up.
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
# What browsers keep a cookie for at most; each sign-in begins it anew.
LASTS = 400 * 24 * 60 * 60
# Colleagues share a computer; who signed in longest ago is forgotten first.
MOST_ACCOUNTS = 20
_SALT = "areas.devices"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Device:
    """A browser, with the ids of the users who have signed in there."""

    id: str
    users: tuple[int, ...]


def device_of(request: HttpRequest | None) -> Device | None:
    """The device whose cookie the request brings, None without a good one."""
    text = request.COOKIES.get(COOKIE) if request is not None else None
    if text is None:
        return None
    try:
        said = signing.loads(text, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return Device(said["id"], tuple(said["users"]))


def remember_device(*, request: HttpRequest, user: User, **_signal: Any) -> None:
    """On Django's `user_logged_in`: this device is one of the user's from now on."""
    known = device_of(request)
    users = [pk for pk in known.users if pk != user.pk] if known else []
    request.device = Device(  # type: ignore[attr-defined]
        known.id if known else secrets.token_urlsafe(16),
        (user.pk, *users[: MOST_ACCOUNTS - 1]),
    )


def set_device_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Gives the browser its cookie, where somebody signed in with this request."""
    device: Device | None = getattr(request, "device", None)
    if device is None:
        return
    said = {"id": device.id, "users": device.users}
    response.set_cookie(
        COOKIE,
        signing.dumps(said, salt=_SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


class DeviceMiddleware:
    """Sets the cookie on the pages; the API does so by itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        set_device_cookie(request, response)
        return response
