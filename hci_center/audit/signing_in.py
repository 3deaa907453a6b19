"""Records sign-ins, refused ones and sign-outs; receivers of Django's signals."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import connection
from django.http import HttpRequest

from hci_center.audit.recording import record
from hci_center.signing import digest

_MANAGER = "SELECT audit_manager_of('user', jsonb_build_object('id', %s::bigint))"


def record_sign_in(*, request: HttpRequest, user: Any, **_signal: Any) -> None:
    _record("sign-in", user.pk, request)


def record_sign_out(
    *, request: HttpRequest, user: AbstractBaseUser | None, **_signal: Any
) -> None:
    """Does not record the end of a session without a user."""
    if user is not None:
        _record("sign-out", user.pk, request)


def record_refusal(
    *, credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any
) -> None:
    """Records the hash of the username: people sometimes type passwords there."""
    name = User.normalize_username(str(credentials.get("username", "")))
    user_id = User.objects.filter(username=name).values_list("pk", flat=True).first()
    hashed = {"name": digest("audit.name", name).hex()[:16]}
    if user_id is None:
        record("sign-in-refused", "user", after=hashed, request=request)
    else:
        manager_id = _manager_of(user_id)
        record(
            "sign-in-refused",
            "user",
            user_id,
            manager_id=manager_id,
            after=hashed,
            request=request,
        )


def _record(act: str, user_id: int, request: HttpRequest) -> None:
    record(
        act,
        "user",
        user_id,
        manager_id=_manager_of(user_id),
        request=request,
        credential=f"user:{user_id}",
    )


def _manager_of(user_id: int) -> int | None:
    """Returns the manager of an operator; None for staff."""
    with connection.cursor() as cursor:
        cursor.execute(_MANAGER, [user_id])
        manager_id: int | None = cursor.fetchone()[0]
    return manager_id
