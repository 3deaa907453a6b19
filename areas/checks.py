"""System checks of the settings that sign-in throttling depends on."""

from __future__ import annotations

import ipaddress
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
    return [
        Error(
            f"HCI_TRUSTED_PROXIES holds {each!r}, which is no address or network.",
            hint="An example: 127.0.0.1,10.0.0.0/8",
            id="areas.E001",
        )
        for each in settings.TRUSTED_PROXIES
        if not _is_network(each)
    ]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
