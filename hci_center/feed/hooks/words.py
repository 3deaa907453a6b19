"""Explains the error codes of hooks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Why an address is refused (target.WrongUrlError).
URLS: dict[str, Any] = {
    "length": gettext_lazy("The address has more than 2,000 characters."),
    "url": gettext_lazy("This is no address for a webhook."),
    "https": gettext_lazy("The address must begin with https://."),
    "not_public": gettext_lazy("The address must be a public one of the internet."),
}
SECRET: Any = gettext_lazy(
    "A secret is whsec_ and Base64 of 24 to 64 bytes (Standard Webhooks)."
)
# How an attempt ended (posting.Answer); codes like http_500 are described below.
_ERRORS: dict[str, Any] = {
    "timeout": gettext_lazy("no answer in time"),
    "unreachable": gettext_lazy("not reachable"),
    "certificate": gettext_lazy("certificate not valid"),
    "not_public": gettext_lazy("no public address"),
    "https": gettext_lazy("not https"),
    "url": gettext_lazy("not a valid address"),
    "length": gettext_lazy("address too long"),
}


def error_words(code: str) -> str:
    """Returns how an attempt ended."""
    if code.startswith("http_"):
        return _("answered %s") % code.removeprefix("http_")
    return str(_ERRORS.get(code, code))
