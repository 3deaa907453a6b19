"""Authenticates requests by API key."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from hci_center import security
from hci_center.addresses import caller_address, is_in, is_loopback
from hci_center.callers import Caller
from hci_center.errors import NotAuthenticatedError, ThrottledError
from hci_center.path_keys import PATH_KEY
from managers.by_address import forget_bound_addresses
from managers.key_limits import count_call, forget_taken_calls
from managers.keys import digests_of, renew_digest

# How long a validated key stays cached, in seconds: the API contract allows a
# revocation five.
CACHED_FOR = 3.0
MOST_CACHED = 10_000

# Other bearer tokens may be those of a proxy in front.
_OURS = "hci_"
_PREFIX = re.compile(r"[0-9a-f]{8}")
_KEY = re.compile(r"hci_[0-9a-f]{8}_[A-Za-z0-9_\-]{43}")

# One query for the live key with the ids of its managers. It also updates
# `last_used_at` once a minute, unless the row is locked: no call waits for that.
_FIND_KEY = """
WITH used AS (
  UPDATE managers_apikey SET last_used_at = now()
   WHERE id = (SELECT id FROM managers_apikey
                WHERE digest = ANY(%(digests)s) AND prefix = %(prefix)s
                  AND revoked_at IS NULL AND coalesce(expires_at > now(), true)
                  AND coalesce(last_used_at < now() - interval '1 minute', true)
                  FOR UPDATE SKIP LOCKED))
SELECT k.id, k.digest, k.all_managers, k.secrets, k.expires_at,
       k.per_minute IS NOT NULL, k.networks, k.in_path,
       ARRAY(SELECT m.manager_id FROM managers_apikey_managers m
              WHERE m.apikey_id = k.id)
  FROM managers_apikey k
 WHERE k.digest = ANY(%(digests)s) AND k.prefix = %(prefix)s AND k.revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class _CachedKey:
    caller: Caller
    key_id: int
    is_limited: bool
    expires_at: datetime | None
    networks: tuple[str, ...]
    in_path: bool
    at: float


_cached_keys: dict[str, _CachedKey] = {}


def caller_from_key(request: HttpRequest) -> Caller | None:
    """Returns the caller of the request's API key, or None without a key.

    A request with a key is authenticated by the key only: raises NotAuthenticatedError
    if it is unknown, revoked or expired, or not to be used from there or in the path;
    ThrottledError if its limit is used up.
    """
    key = _key_in(request)
    return None if key is None else _caller_behind(key, request)


def has_valid_key(request: HttpRequest) -> bool:
    """Returns whether the request has a valid key, without using up its limit."""
    key = _key_in(request)
    if key is None:
        return False
    try:
        _require_place(_authenticate(key), request)
    except NotAuthenticatedError:
        return False
    return True


def _key_in(request: HttpRequest) -> str | None:
    in_path: str | None = request.META.get(PATH_KEY)
    if in_path is not None:
        return in_path
    given: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, credential = given.partition(" ")
    is_ours = scheme.lower() == "bearer" and credential.strip().startswith(_OURS)
    if is_ours or scheme.lower() == "api-key":
        return credential.strip()
    if scheme.lower() == "basic":
        basic = _key_of_user_info(credential.strip())
        if basic is not None:
            return basic
    key: str | None = request.META.get("HTTP_X_API_KEY")
    return None if key is None else key.strip()


def _key_of_user_info(credential: str) -> str | None:
    """Returns the key that stands in a URL, as in `https://prefix:secret@host/api/`.

    HTTP libraries send that as Basic, which clients whose headers cannot be changed may
    use. None for other users: a proxy in front may ask for a password of its own.
    """
    try:
        user, _, password = b64decode(credential, validate=True).decode().partition(":")
    except ValueError:
        return None
    if not _PREFIX.fullmatch(user):
        return None
    return password if _KEY.fullmatch(password) else f"hci_{user}_{password}"


def _caller_behind(key: str, request: HttpRequest) -> Caller:
    try:
        cached = _authenticate(key)
        _require_place(cached, request)
        if cached.is_limited:
            count_call(cached.key_id)
    except (NotAuthenticatedError, ThrottledError) as refusal:
        # The prefix identifies a key in the admin and grants no access.
        prefix = key[4:12] if _KEY.fullmatch(key) else "none"
        is_known = isinstance(refusal, ThrottledError)
        event = "key_throttled" if is_known else "key_refused"
        security.report(event, request, prefix=prefix)
        raise
    return cached.caller


def _require_place(key: _CachedKey, request: HttpRequest) -> None:
    """Raises NotAuthenticatedError where the key may not be used.

    In a path it needs TLS, unless this machine itself calls.
    """
    is_in_path = PATH_KEY in request.META
    if not is_in_path and not key.networks:
        return
    address = caller_address(request.META)
    if not is_in(address, key.networks):
        raise NotAuthenticatedError
    if is_in_path and not (
        key.in_path and (request.is_secure() or is_loopback(address))
    ):
        raise NotAuthenticatedError


def authenticate(key: str) -> Caller:
    """Returns the caller of a key, without using up its limit.

    Raises NotAuthenticatedError.
    """
    return _authenticate(key).caller


def _authenticate(key: str) -> _CachedKey:
    cached = _cached_keys.get(key)
    if cached is None or time.monotonic() - cached.at > CACHED_FOR:
        cached = _load(key)
    if cached.expires_at is not None and cached.expires_at <= timezone.now():
        raise NotAuthenticatedError
    return cached


def forget_cached_keys() -> None:
    """Clears this process's cache of keys and its reserved calls."""
    _cached_keys.clear()
    forget_taken_calls()
    forget_bound_addresses()


def _load(key: str) -> _CachedKey:
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
    key_id, digest, all_managers, secrets, expires_at, *how, managers = row
    is_limited, networks, in_path = how
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
    _cached_keys[key] = cached = _CachedKey(
        caller=caller,
        key_id=key_id,
        is_limited=is_limited,
        expires_at=expires_at,
        networks=tuple(networks.split()),
        in_path=in_path,
        at=time.monotonic(),
    )
    return cached
