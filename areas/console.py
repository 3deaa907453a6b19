"""A signed-in person's own settings and password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from areas.models import ConsoleSettings
from hci_center import security
from hci_center.audit.database import name_actor
from hci_center.errors import InvalidError


def load_settings(user_id: int) -> dict[str, Any]:
    """Returns what `save_settings` stored last, or an empty object."""
    row = ConsoleSettings.objects.filter(pk=user_id).first()
    return {} if row is None else dict(row.settings)


def save_settings(user_id: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Replaces the person's settings."""
    ConsoleSettings.objects.update_or_create(
        pk=user_id, defaults={"settings": settings}
    )
    return settings


def change_password(request: HttpRequest, user: User, old: str, new: str) -> None:
    """Changes the password and ends the person's other login sessions.

    Raises InvalidError for a wrong password or a weak new one, and ThrottledError after
    too many wrong ones: otherwise, somebody who finds an open console could guess
    passwords without the throttle of signing in.
    """
    checked = authenticate(
        request, username=user.get_username(), password=old, asks_otp=False
    )
    if checked is None:
        raise InvalidError({"password": [_("The password is wrong.")]})
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise InvalidError({"newPassword": list(error.messages)}) from error
    user.set_password(new)
    with transaction.atomic():
        name_actor()
        user.save(update_fields=["password"])
    # Other sessions hold a digest of the old password and are refused from now on.
    request.user = user  # ApiMiddleware runs before Django's, which would set it
    update_session_auth_hash(request, user)
    security.report("password_changed", request, account=user.get_username())
