"""API keys: made, looked up and ended.

A key reads `hci_<prefix>_<secret>`. The row keeps the prefix and an HMAC of the
whole, so that a copy of the table opens nothing; 256 random bits need no slow hash.
The HMAC is under HCI_SECRET_KEY; one under a key that it replaced is renewed when the
API key is used.
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
    """A live key already bears the name: rotate under a new one."""


def create_key(
    name: str,
    *,
    managers: Iterable[Manager] | None = None,
    secrets_scope: bool = True,
    expires_at: datetime | None = None,
) -> str:
    """Makes a key and answers it, the only time that it can be read.

    Without `managers` it reaches all of them. Raises KeyNameTakenError when a live
    key bears the name; an expired one makes room.
    """
    prefix = secrets.token_hex(4)
    key = f"hci_{prefix}_{secrets.token_urlsafe(32)}"
    bound = None if managers is None else list(managers)
    try:
        with transaction.atomic():
            ApiKey.objects.filter(
                name=name, revoked_at=None, expires_at__lte=timezone.now()
            ).update(revoked_at=F("expires_at"))
            row = ApiKey.objects.create(
                name=name,
                prefix=prefix,
                digest=digest_of(key),
                all_managers=bound is None,
                secrets=secrets_scope,
                expires_at=expires_at,
            )
            row.managers.set(bound or [])
    except IntegrityError as error:
        raise KeyNameTakenError(name) from error
    return key


def revoke_key(name: str) -> bool:
    """Ends the live key of that name; False when there is none."""
    ended = ApiKey.objects.filter(name=name, revoked_at=None)
    return ended.update(revoked_at=timezone.now()) > 0


def digest_of(key: str) -> str:
    """What the table holds of a key: an HMAC under the installation's secret."""
    return digest(_PURPOSE, key).hex()


def digests_of(key: str) -> list[str]:
    """What it may hold: the same first, then those under the secrets before."""
    return [each.hex() for each in digests(_PURPOSE, key)]


def renew_digest(key_id: int, key: str, old: str) -> None:
    """Puts the key under the present secret, unless another call has."""
    ApiKey.objects.filter(pk=key_id, digest=old).update(digest=digest_of(key))
