"""Checks of the settings and the secrets."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.utils import timezone
from django.utils.translation import gettext as _

from hci_center.doctor.findings import Finding, error, ok, warning
from hci_center.local import generated_secrets
from hci_center.local.errors import SecretsError
from hci_center.local.secret_check import check_secrets, missing_secrets
from hci_center.local.unknown_variables import unknown_variables
from managers.models import ApiKey, Manager

KEY_ENDS_WITHIN = timedelta(days=14)
# Reported once, by the check of the certificate.
_OF_HTTPS = frozenset({"security.W004", "security.W012", "security.W016"})
SECONDS_A_DAY = 24 * 60 * 60


def deployment() -> Iterator[Finding]:
    """Reports the messages of `manage.py check --deploy`."""
    found = checks.run_checks(include_deployment_checks=True)
    said = False
    for message in found:
        if message.is_silenced() or message.level < checks.WARNING:
            continue
        if message.id in _OF_HTTPS and not settings.SECURE:
            continue
        said = True
        make = error if message.level >= checks.ERROR else warning
        text = str(message.msg).partition("\n")[0]
        yield make(f"{text} ({message.id})", message.hint or "")
    if settings.DEBUG:
        said = True
        yield error(_("HCI_DEBUG is on."), _("Unset it: error pages show the program."))
    if trusts_everybody(settings.TRUSTED_PROXIES):
        said = True
        yield warning(
            _("HCI_TRUSTED_PROXIES trusts every address."),
            _("Name the proxies alone: anybody could give another's address as his."),
        )
    if not said:
        yield ok(_("The settings are fit for production."))


def trusts_everybody(networks: list[str]) -> bool:
    """Returns whether the networks together cover all of IPv4 or IPv6."""
    parsed = [ipaddress.ip_network(each, strict=False) for each in networks]
    older = [each for each in parsed if isinstance(each, ipaddress.IPv4Network)]
    newer = [each for each in parsed if isinstance(each, ipaddress.IPv6Network)]
    return any(
        whole.prefixlen == 0
        for family in (
            ipaddress.collapse_addresses(older),
            ipaddress.collapse_addresses(newer),
        )
        for whole in family
    )


def unread() -> Iterator[Finding]:
    """Reports unknown variables: most are misspelt."""
    for name, nearest in unknown_variables(os.environ):
        yield warning(
            _("%s is set, but nothing reads it.") % name,
            _("Is %s meant?") % nearest
            if nearest
            else _("See the spelling in docs/configuration.md."),
        )


def secrets() -> Iterator[Finding]:
    """Checks that the secrets match the database; shows fingerprints and ages."""
    missing = missing_secrets()
    if missing:
        yield error(
            _("Not set: %s.") % ", ".join(missing),
            _("Set them as on the other machines, or start the server once."),
        )
        return
    try:
        check_secrets(lambda _text: None)
    except SecretsError as wrong:
        yield error(_("The secrets are not those of this database."), str(wrong))
    named = [("HCI_SECRET_KEY", settings.SECRET_KEY, generated_secrets.SECRET_KEY)]
    named += [
        ("HCI_TOKEN_KEYS", key, generated_secrets.TOKEN_KEY)
        for key in settings.TOKEN_KEYS
    ]
    for variable, value, name in named:
        yield ok(f"{variable}: {fingerprint(value)}{_age_of(name, value)}")


def fingerprint(secret: str) -> str:
    """Returns a digest that distinguishes secrets of 32 characters or more."""
    return hashlib.sha256(b"fingerprint:" + secret.encode()).hexdigest()[:12]


def _age_of(name: str, value: str) -> str:
    """Returns the age of a generated secret; "" for others."""
    path = generated_secrets.folder() / name
    try:
        if path.read_text(encoding="ascii").strip() != value:
            return ""
        days = (time.time() - path.stat().st_mtime) / SECONDS_A_DAY
    except OSError:
        return ""
    return ", " + _("generated %d days ago") % days


def access() -> Iterator[Finding]:
    """Checks Meta's app secret, and API keys that expire soon."""
    needs_meta = Manager.objects.filter(facebook_id__isnull=False, is_demo=False)
    if not settings.META_APP_SECRET and needs_meta.exists():
        yield warning(
            _("HCI_META_APP_SECRET is not set, but managers have pages."),
            _("Set it to the app secret: without it no event of Messenger is taken."),
        )
    ending = ApiKey.objects.filter(
        revoked_at=None,
        expires_at__gt=timezone.now(),
        expires_at__lt=timezone.now() + KEY_ENDS_WITHIN,
    )
    for key in ending.order_by("expires_at")[:10]:
        yield warning(
            _("The API key %(name)s ends on %(day)s.")
            % {
                "name": key.name,
                "day": key.expires_at.date() if key.expires_at else "",
            },
            _("Create another with manage.py create_api_key, and replace it."),
        )
