"""From the headers of a request to the key behind it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from hci_center import security
from hci_center.callers import Caller
from hci_center.errors import NotAuthenticatedError, ThrottledError
from managers.keys import digests_of, renew_digest

# A key judged good is good for this long, in seconds, without another look: the
# contract gives a revocation five.
CACHED_FOR = 3.0
MOST_CACHED = 10_000

_KEY = re.compile(r"hci_[0-9a-f]{8}_[A-Za-z0-9_\-]{43}")

# One round trip: the live key with the ids of its managers. That it was used is
# noted on the way, once a minute, unless somebody holds the row: nobody waits for it.
_FIND_KEY = """
WITH used AS (
  UPDATE managers_apikey SET last_used_at = now()
   WHERE id = (SELECT id FROM managers_apikey
                WHERE digest = ANY(%(digests)s) AND prefix = %(prefix)s
                  AND revoked_at IS NULL AND coalesce(expires_at > now(), true)
                  AND coalesce(last_used_at < now() - interval '1 minute', true)
                  FOR UPDATE SKIP LOCKED))
SELECT k.id, k.digest, k.all_managers, k.secrets, k.expires_at,
       k.per_minute IS NOT NULL,
       ARRAY(SELECT m.manager_id FROM managers_apikey_managers m
              WHERE m.apikey_id = k.id)
  FROM managers_apikey k
 WHERE k.digest = ANY(%(digests)s) AND k.prefix = %(prefix)s AND k.revoked_at IS NULL
"""

# Each call of a limited key uses up its share of a minute. A minute's worth may be
# used at once; then they come as they are made good. No row: none is left.
_STEP = "make_interval(secs => 60.0 / coalesce(per_minute, 60000))"
_SPENT_UNTIL = f"greatest(spent_until, clock_timestamp()) + {_STEP}"
_SPEND = f"""
UPDATE managers_apikey
   SET spent_until = {_SPENT_UNTIL}, last_used_at = clock_timestamp()
 WHERE id = %s AND {_SPENT_UNTIL} <= clock_timestamp() + interval '1 minute'
RETURNING true
"""  # noqa: S608 - of the constants above
_WAIT = f"""
SELECT ceil(extract(epoch FROM spent_until + {_STEP} - interval '1 minute'
                               - clock_timestamp()))
  FROM managers_apikey WHERE id = %s
"""  # noqa: S608 - of the constants above


@dataclass(frozen=True, slots=True)
class _CachedKey:
    caller: Caller
    key_id: int
    is_limited: bool
    expires_at: datetime | None
    at: float


_cached_keys: dict[str, _CachedKey] = {}


def caller_from_key(request: HttpRequest) -> Caller | None:
    """The caller whose key the request carries, None when it carries none.

    A request with a key is judged by the key alone: raises NotAuthenticatedError
    when it is unknown, revoked or expired, ThrottledError when its limit is used up.
    """
    key = _key_in(request)
    return None if key is None else _caller_behind(key, request)


def has_valid_key(request: HttpRequest) -> bool:
    """Whether the request carries a valid key; its limit is left alone."""
    key = _key_in(request)
    if key is None:
        return False
    try:
        authenticate(key)
    except NotAuthenticatedError:
        return False
    return True


def _key_in(request: HttpRequest) -> str | None:
    given: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, credential = given.partition(" ")
    if scheme.lower() == "api-key":
        return credential.strip()
    key: str | None = request.META.get("HTTP_X_API_KEY")
    return None if key is None else key.strip()


def _caller_behind(key: str, request: HttpRequest) -> Caller:
    try:
        judged = _authenticate(key)
        if judged.is_limited:
            _spend_a_call(judged.key_id)
    except (NotAuthenticatedError, ThrottledError) as refusal:
        # The prefix finds a key in the list and opens nothing.
        prefix = key[4:12] if _KEY.fullmatch(key) else "none"
        is_known = isinstance(refusal, ThrottledError)
        event = "key_throttled" if is_known else "key_refused"
        security.report(event, request, prefix=prefix)
        raise
    return judged.caller


def authenticate(key: str) -> Caller:
    """The caller behind a key, its limit left alone. Raises NotAuthenticatedError."""
    return _authenticate(key).caller


def _authenticate(key: str) -> _CachedKey:
    kept = _cached_keys.get(key)
    if kept is None or time.monotonic() - kept.at > CACHED_FOR:
        kept = _look_up(key)
    if kept.expires_at is not None and kept.expires_at <= timezone.now():
        raise NotAuthenticatedError
    return kept


def _spend_a_call(key_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [key_id])
        if cursor.fetchone() is not None:
            return
        cursor.execute(_WAIT, [key_id])
        row = cursor.fetchone()
    raise ThrottledError(max(1, int(row[0] or 1)) if row else 1)


def forget_cached_keys() -> None:
    """Drops what this process remembers, so that the next look is a fresh one."""
    _cached_keys.clear()


def _look_up(key: str) -> _CachedKey:
    _cached_keys.pop(key, None)
    row = None
    digests: list[str] = []
    if _KEY.fullmatch(key):
        digests = digests_of(key)
        with connection.cursor() as cursor:
            cursor.execute(_FIND_KEY, {"digests": digests, "prefix": key[4:12]})
            row = cursor.fetchone()
    if row is None:
        raise NotAuthenticatedError
    key_id, digest, all_managers, secrets, expires_at, is_limited, managers = row
    if digest != digests[0]:
        renew_digest(key_id, key, digest)
    caller = Caller(
        role="key",
        credential=f"key:{key_id}",
        managers=None if all_managers else frozenset(managers),
        secrets=secrets,
    )
    if len(_cached_keys) >= MOST_CACHED:
        _cached_keys.clear()
    _cached_keys[key] = judged = _CachedKey(
        caller, key_id, is_limited, expires_at, time.monotonic()
    )
    return judged
