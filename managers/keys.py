"""Creates, hashes and revokes API keys.

A key reads `hci_<prefix>_<secret>`. The row has the prefix and an HMAC of the whole
key, so that a copy of the table grants no access; 256 random bits need no slow hash.
The HMAC uses HCI_SECRET_KEY; one made with an earlier secret is renewed when the API
key is used.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from hci_center.signing import digest, digests
from managers.models import ApiKey, ApiKeyQuerySet, Manager
from managers.networks import overlap

_PURPOSE = "api-key"
MOST_CALLS = 1_000_000  # a minute

# Two bindings of the same address would be one caller.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('managers.keys.bind_address'))"


class KeyNameTakenError(Exception):
    """A live key already has the name; a new key needs another one."""


class AddressTakenError(Exception):
    """Another integration (with this name) uses such an address."""


def create_key(
    name: str,
    *,
    managers: Iterable[Manager] | None = None,
    secrets_scope: bool = True,
    expires_at: datetime | None = None,
    per_minute: int | None = None,
    networks: Iterable[str] = (),
    in_path: bool = False,
) -> str:
    """Creates a key and returns it; it cannot be read again.

    Without `managers` it may access all of them, without `per_minute` it may make any
    number of calls, without `networks` from everywhere; one that may stand in the path
    needs networks. Raises KeyNameTakenError if a live key has the name; an expired one
    is revoked.
    """
    prefix = secrets.token_hex(4)
    key = f"hci_{prefix}_{secrets.token_urlsafe(32)}"
    _create(
        managers,
        name=name,
        prefix=prefix,
        digest=digest_of(key),
        secrets=secrets_scope,
        expires_at=expires_at,
        per_minute=per_minute,
        networks="\n".join(networks),
        in_path=in_path,
    )
    return key


def bind_address(
    name: str,
    networks: Iterable[str],
    *,
    managers: Iterable[Manager] | None = None,
    expires_at: datetime | None = None,
    per_minute: int | None = None,
) -> ApiKey:
    """Creates an integration without a key, authenticated by its address alone.

    Raises KeyNameTakenError as `create_key` does, AddressTakenError if another one is
    recognised by an address of the networks.
    """
    chosen = list(networks)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME)
        refuse_taken_addresses(chosen)
        return _create(
            managers,
            name=name,
            prefix=secrets.token_hex(4),
            digest="",
            secrets=False,
            expires_at=expires_at,
            per_minute=per_minute,
            networks="\n".join(chosen),
            by_address=True,
        )


def refuse_taken_addresses(networks: Iterable[str], but: int | None = None) -> None:
    """Raises AddressTakenError if an active binding other than `but` overlaps."""
    others = ApiKey.objects.live().filter(by_address=True)
    if but is not None:
        others = others.exclude(pk=but)
    wanted = list(networks)
    for other in others.only("name", "networks"):
        taken = other.networks.split()
        if any(overlap(one, another) for one in wanted for another in taken):
            raise AddressTakenError(other.name)


def _create(managers: Iterable[Manager] | None, *, name: str, **columns: Any) -> ApiKey:
    chosen = None if managers is None else list(managers)
    try:
        with transaction.atomic():
            ApiKey.objects.filter(
                name=name, revoked_at=None, expires_at__lte=timezone.now()
            ).update(revoked_at=F("expires_at"))
            row = ApiKey.objects.create(
                name=name, all_managers=chosen is None, **columns
            )
            if chosen:
                row.managers.add(*chosen)
    except IntegrityError as error:
        raise KeyNameTakenError(name) from error
    return row


def revoke_key(name: str) -> bool:
    """Revokes the live key of that name; returns False if there is none."""
    ended = ApiKey.objects.filter(name=name, revoked_at=None)
    return ended.update(revoked_at=timezone.now()) > 0


def rotate_key(key_id: int, ends_at: datetime) -> str:
    """Creates a key that replaces an active one, and returns it.

    The old one remains valid until `ends_at`, under a different name. Raises
    ApiKey.DoesNotExist if it is not active, or cannot be replaced.
    """
    with transaction.atomic():
        old = _replaceable().get(pk=key_id)
        name = old.name
        old.name = f"{name[:180]} ({old.prefix})"
        end = old.expires_at
        old.expires_at = ends_at if end is None else min(end, ends_at)
        old.save(update_fields=["name", "expires_at"])
        return create_key(
            name,
            managers=None if old.all_managers else old.managers.all(),
            secrets_scope=old.secrets,
            expires_at=end,
            per_minute=old.per_minute,
            networks=old.networks.split(),
            in_path=old.in_path,
        )


def _replaceable() -> ApiKeyQuerySet:
    return ApiKey.objects.select_for_update().live().filter(by_address=False)


def digest_of(key: str) -> str:
    """Returns the HMAC of a key under the installation's present secret."""
    return digest(_PURPOSE, key).hex()


def digests_of(key: str) -> list[str]:
    """Returns the digests under the present secret, then under earlier ones."""
    return [each.hex() for each in digests(_PURPOSE, key)]


def renew_digest(key_id: int, key: str, old: str) -> None:
    """Replaces the key's digest by one under the present secret, if unchanged."""
    ApiKey.objects.filter(pk=key_id, digest=old).update(digest=digest_of(key))
