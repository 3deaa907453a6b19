"""System checks of the settings that sign-in depends on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register
def check_trusted_proxies(**_: Any) -> list[CheckMessage]:
    if settings.PUBLIC_URL and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "HCI_PUBLIC_URL is set, but HCI_TRUSTED_PROXIES is not.",
                hint=(
                    "A proxy stands in front, and all who sign in seem to come from "
                    "its address: they share one budget of wrong passwords. Name the "
                    "addresses or networks of your proxies in HCI_TRUSTED_PROXIES."
                ),
                id="areas.W001",
            )
        ]
    return []


@register(deploy=True)
def check_allowed_hosts(**_: Any) -> list[CheckMessage]:
    """Warns about wildcard hosts: pages on any allowed host may open sockets."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "HCI_ALLOWED_HOSTS is *: any host's name is taken for ours.",
            hint="Name the hosts, or leave it to HCI_PUBLIC_URL.",
            id="areas.E001",
        )
    ]
