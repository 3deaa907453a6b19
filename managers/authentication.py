"""From the headers of a request to the key behind it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from hci_center.callers import Caller
from hci_center.errors import NotAuthenticatedError
from managers.keys import digest_of

# A key judged good is good for this long, in seconds, without another look: the
# contract gives a revocation five.
KEPT_FOR = 3.0
MOST_KEPT = 10_000

_KEY = re.compile(r"hci_[0-9a-f]{8}_[A-Za-z0-9_\-]{43}")

# One round trip: the live key with the ids of its managers.
_FIND_KEY = """
SELECT k.id, k.all_managers, k.secrets, k.expires_at,
       ARRAY(SELECT m.manager_id FROM managers_apikey_managers m
              WHERE m.apikey_id = k.id)
  FROM managers_apikey k
 WHERE k.digest = %s AND k.prefix = %s AND k.revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class _Judged:
    caller: Caller
    expires_at: datetime | None
    at: float


_judged: dict[str, _Judged] = {}


def caller_from_key(request: HttpRequest) -> Caller | None:
    """The caller whose key the request carries, None when it carries none.

    A request with a key is judged by the key alone: raises NotAuthenticatedError
    when it is unknown, revoked or expired.
    """
    scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "api-key":
        return judge(credential.strip())
    if "HTTP_X_API_KEY" in request.META:
        return judge(request.META["HTTP_X_API_KEY"].strip())
    return None


def judge(key: str) -> Caller:
    """The caller behind a key. Raises NotAuthenticatedError."""
    kept = _judged.get(key)
    if kept is None or time.monotonic() - kept.at > KEPT_FOR:
        kept = _look_up(key)
    if kept.expires_at is not None and kept.expires_at <= timezone.now():
        raise NotAuthenticatedError
    return kept.caller


def forget_judged_keys() -> None:
    """Drops what this process remembers, so that the next look is a fresh one."""
    _judged.clear()


def _look_up(key: str) -> _Judged:
    _judged.pop(key, None)
    row = None
    if _KEY.fullmatch(key):
        with connection.cursor() as cursor:
            cursor.execute(_FIND_KEY, [digest_of(key), key[4:12]])
            row = cursor.fetchone()
    if row is None:
        raise NotAuthenticatedError
    key_id, all_managers, secrets, expires_at, managers = row
    caller = Caller(
        role="key",
        credential=f"key:{key_id}",
        managers=None if all_managers else frozenset(managers),
        secrets=secrets,
    )
    if len(_judged) >= MOST_KEPT:
        _judged.clear()
    _judged[key] = judged = _Judged(caller, expires_at, time.monotonic())
    return judged
