"""Authenticates integrations without a key by their client address.

For clients that can set neither header nor path; off unless an administrator creates
such an integration. Browsers are never accepted: a malicious page opened in that
network could otherwise make calls.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from hci_center import security
from hci_center.addresses import caller_address, is_in
from hci_center.callers import Caller
from hci_center.errors import ThrottledError
from managers.key_limits import count_call

# Headers of browsers.
_OF_BROWSERS = ("HTTP_ORIGIN", "HTTP_COOKIE", "HTTP_REFERER", "HTTP_SEC_FETCH_SITE")
# How long integrations are cached, in seconds: by the API contract, changes take effect
# within five.
KNOWN_FOR = 3.0
# How often the time of the last use is written, in seconds.
_USED_EVERY = 60.0

_FIND = """
SELECT k.id, k.prefix, k.networks, k.all_managers, k.expires_at,
       k.per_minute IS NOT NULL,
       ARRAY(SELECT m.manager_id FROM managers_apikey_managers m
              WHERE m.apikey_id = k.id)
  FROM managers_apikey k
 WHERE k.by_address AND k.revoked_at IS NULL AND coalesce(k.expires_at > now(), true)
 ORDER BY k.id DESC
"""
_USED = """
UPDATE managers_apikey SET last_used_at = now()
 WHERE id = (SELECT id FROM managers_apikey WHERE id = %s FOR UPDATE SKIP LOCKED)
"""


@dataclass(slots=True)
class _Bound:
    """An integration and one of its networks."""

    caller: Caller
    key_id: int
    prefix: str
    network: tuple[str]
    expires_at: datetime | None
    is_limited: bool


class _Known:
    """The cached integrations of this process, the smallest network first."""

    bound: tuple[_Bound, ...] = ()
    until = 0.0


# The time at which the last use of each was written.
_used_at: dict[int, float] = {}
_known = _Known()


def caller_from_address(request: HttpRequest) -> Caller | None:
    """Returns the integration that calls from the request's address, or None.

    Raises ThrottledError if its limit is used up.
    """
    found = _find(request)
    if found is None:
        return None
    if found.is_limited:
        try:
            count_call(found.key_id)
        except ThrottledError:
            security.report("key_throttled", request, prefix=found.prefix)
            raise
    _note_use(found)
    return found.caller


def is_bound_address(request: HttpRequest) -> bool:
    """Returns whether an integration is calling, without using up its limit."""
    return _find(request) is not None


def forget_bound_addresses() -> None:
    """Clears this process's cache: an integration may have changed."""
    _known.until = 0.0


def _find(request: HttpRequest) -> _Bound | None:
    meta = request.META
    if any(meta.get(name) for name in _OF_BROWSERS):
        return None
    bound = _load()
    address = caller_address(meta) if bound else ""
    if not address:
        return None
    for each in bound:
        ended = each.expires_at is not None and each.expires_at <= timezone.now()
        if not ended and is_in(address, each.network):
            return each
    return None


def _load() -> tuple[_Bound, ...]:
    if time.monotonic() < _known.until:
        return _known.bound
    with connection.cursor() as cursor:
        cursor.execute(_FIND)
        rows = cursor.fetchall()
    found = []
    for (
        key_id,
        prefix,
        networks,
        all_managers,
        expires_at,
        is_limited,
        managers,
    ) in rows:
        caller = Caller(
            role="key",
            credential=f"key:{key_id}",
            managers=None if all_managers else frozenset(managers),
            deletes=False,
        )
        found += [
            _Bound(caller, key_id, prefix, (network,), expires_at, is_limited)
            for network in networks.split()
        ]
    found.sort(key=lambda each: -ip_network(each.network[0]).prefixlen)
    _known.bound, _known.until = tuple(found), time.monotonic() + KNOWN_FOR
    return _known.bound


def _note_use(bound: _Bound) -> None:
    now = time.monotonic()
    if bound.is_limited or now - _used_at.get(bound.key_id, -_USED_EVERY) < _USED_EVERY:
        return
    _used_at[bound.key_id] = now
    with connection.cursor() as cursor:
        cursor.execute(_USED, [bound.key_id])
