"""A deployment check for secrets that are not set."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hci_center.local.secret_check import missing_secrets


@register(deploy=True)
def check_secrets_are_set(**_: Any) -> list[CheckMessage]:
    """Reports missing secrets; with an embedded database they are generated."""
    return [
        Error(
            f"{name} is not set.",
            hint="Set it to the same on every machine (docs/deploy.md).",
            id="local.E001",
        )
        for name in missing_secrets()
    ]
