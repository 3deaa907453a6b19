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

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from hci_center.signing import digest, digests
from managers.models import ApiKey, Manager

_PURPOSE = "api-key"


class KeyNameTakenError(Exception):
    """A live key already has the name; a new key needs another one."""


def create_key(
    name: str,
    *,
    managers: Iterable[Manager] | None = None,
    secrets_scope: bool = True,
    expires_at: datetime | None = None,
    per_minute: int | None = None,
) -> str:
    """Creates a key and returns it; it cannot be read again.

    Without `managers` it may access all of them, without `per_minute` it may make any
    number of calls. Raises KeyNameTakenError if a live key
    has the name; an expired one is revoked.
    """
    prefix = secrets.token_hex(4)
    key = f"hci_{prefix}_{secrets.token_urlsafe(32)}"
    chosen = None if managers is None else list(managers)
    try:
        with transaction.atomic():
            ApiKey.objects.filter(
                name=name, revoked_at=None, expires_at__lte=timezone.now()
            ).update(revoked_at=F("expires_at"))
            row = ApiKey.objects.create(
                name=name,
                prefix=prefix,
                digest=digest_of(key),
                all_managers=chosen is None,
                secrets=secrets_scope,
                expires_at=expires_at,
                per_minute=per_minute,
            )
            if chosen:
                row.managers.set(chosen)
    except IntegrityError as error:
        raise KeyNameTakenError(name) from error
    return key


def revoke_key(name: str) -> bool:
    """Revokes the live key of that name; returns False if there is none."""
    ended = ApiKey.objects.filter(name=name, revoked_at=None)
    return ended.update(revoked_at=timezone.now()) > 0


def rotate_key(key_id: int, ends_at: datetime) -> str:
    """Makes a key that takes the place of a live one, and returns it.

    The old one goes on until `ends_at`, under a name that tells it apart. Raises
    ApiKey.DoesNotExist if it is not live.
    """
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().live().get(pk=key_id)
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
        )


def digest_of(key: str) -> str:
    """Returns the HMAC of a key under the installation's present secret."""
    return digest(_PURPOSE, key).hex()


def digests_of(key: str) -> list[str]:
    """Returns the digests under the present secret, then under earlier ones."""
    return [each.hex() for each in digests(_PURPOSE, key)]


def renew_digest(key_id: int, key: str, old: str) -> None:
    """Replaces the key's digest by one under the present secret, if unchanged."""
    ApiKey.objects.filter(pk=key_id, digest=old).update(digest=digest_of(key))
