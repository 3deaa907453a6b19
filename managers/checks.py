"""A deployment check for keys that can be used without a secret in a header."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError

from managers.models import ApiKey


@register(deploy=True)
def check_exposed_keys(**_: Any) -> list[CheckMessage]:
    """Warns of active ones, by name; silent if the database is unreachable."""
    try:
        live = list(ApiKey.objects.live().order_by("name"))
    except DatabaseError:
        return []
    return [
        *_warning(
            [key.name for key in live if key.by_address],
            "recognised by their address alone: no secret protects them",
            "managers.W001",
        ),
        *_warning(
            [key.name for key in live if key.in_path],
            "allowed in the path of an address, where others may read them",
            "managers.W002",
        ),
    ]


def _warning(names: list[str], what: str, code: str) -> list[CheckMessage]:
    if not names:
        return []
    text = f"{len(names)} API keys are {what} ({', '.join(names[:10])})."
    hint = "Give the client a header or user-info (docs/security.md), then revoke them."
    return [Warning(text, hint=hint, id=code)]
