"""Maps a manager's two accounts to their gateway drivers and settings."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from chats.accounts import cloud_accounts
from chats.accounts.sealed_settings import decrypt_once, gateway_settings
from chats.gateways import graph
from chats.gateways.base import Account, Failed, Fetched, Gateway, Media
from chats.gateways.controller import Controller
from chats.gateways.deadline_adapter import Timeouts
from chats.gateways.events import Webhook
from chats.gateways.evolution import Evolution, EvolutionWebhook
from chats.gateways.http import FILE, Http
from chats.gateways.messenger import Messenger, MessengerWebhook
from chats.gateways.parsing import text
from chats.gateways.trusted_download import download
from chats.gateways.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudWebhook
from chats.gateways.wppconnect import WPPConnect, WPPConnectWebhook
from contacts.models import Channel
from managers import webhook_secrets
from managers.models import Manager

# The columns of `managers_manager m` that `account_ref` needs.
COLUMNS = """m.id, m.number, m.controller_port, m.facebook_id, m.facebook_token,
       m.gateway, m.gateway_settings, m.is_demo"""
WIDTH = 8

CONTROLLER = Manager.Gateway.CONTROLLER.value
CLOUD = Manager.Gateway.WHATSAPP_CLOUD.value
EVOLUTION = Manager.Gateway.EVOLUTION.value
WPPCONNECT = Manager.Gateway.WPPCONNECT.value
MESSENGER = "messenger"


@dataclass(frozen=True, slots=True)
class GatewayAccountRef:
    """An account with the name of the driver that serves it."""

    manager_id: int
    channel: str
    driver: str
    account: Account
    # No key in HCI_TOKEN_KEYS decrypts the account's credentials, so no request can be
    # made.
    is_unreadable: bool = False

    @property
    def unreadable_reason(self) -> str:
        return _("No key in HCI_TOKEN_KEYS decrypts the stored access of this account.")

    @property
    def fingerprint(self) -> str:
        """A digest of everything by which the gateway identifies the account."""
        account = self.account
        parts = (self.driver, account.url, account.id, account.token, account.number)
        key = b"line:" + settings.SECRET_KEY.encode()
        return hmac.digest(key, repr(parts).encode(), hashlib.sha256).hex()


class GatewayRegistry:
    """All gateway drivers over one HTTP client; `most` limits every timeout."""

    def __init__(self, most: Timeouts = FILE) -> None:
        http = self._http = Http(most)
        hosts = self._hosts = tuple(
            _origin(url)
            for url in (
                settings.GRAPH_URL,
                settings.WHATSAPP_CLOUD_URL,
                demo_url(),
            )
        )
        self._by_name: dict[str, Gateway] = {
            CONTROLLER: Controller(http),
            MESSENGER: Messenger(http, hosts),
            CLOUD: WhatsAppCloud(http, hosts),
            EVOLUTION: Evolution(http),
            WPPCONNECT: WPPConnect(http),
        }

    def __getitem__(self, name: str) -> Gateway:
        return self._by_name[name]

    def picture(self, account: Account, link: str) -> Fetched | Failed:
        """Downloads a profile picture from Meta's hosts or the account's gateway."""
        origins = (*self._hosts, _origin(account.url))
        return download(self._http, account, Media(url=link), origins, {})


def demo_url() -> str:
    return f"http://127.0.0.1:{settings.DEMO_GATEWAYS_PORT}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def account_ref(row: Sequence[Any], channel: str) -> GatewayAccountRef:
    """Returns the account on that channel for a manager's row of COLUMNS.

    Missing settings stay empty: the driver reports them when it is used. If no key
    decrypts the account's secrets, the result has `is_unreadable` set.
    """
    try:
        return _account_ref(row, channel)
    except ImproperlyConfigured:
        *plain, _token, gateway, _settings, is_demo = row
        without_secrets = _account_ref((*plain, "", gateway, "", is_demo), channel)
        return replace(without_secrets, is_unreadable=True)


def _account_ref(row: Sequence[Any], channel: str) -> GatewayAccountRef:
    manager_id, number, port, page, token, gateway, sealed, is_demo = row
    name = f"{channel}:{manager_id}"
    if channel == Channel.FACEBOOK:
        base = demo_url() if is_demo else settings.GRAPH_URL
        account = Account(
            name, f"{base}/{graph.VERSION}", page or "", decrypt_once(token)
        )
        return GatewayAccountRef(manager_id, channel, MESSENGER, account)
    options = gateway_settings(sealed)
    if is_demo:
        account = Account(name, f"{demo_url()}/controller/{port}", number=number)
        return GatewayAccountRef(manager_id, channel, CONTROLLER, account)
    url, id_, secret = _whatsapp(gateway, options, port)
    business = options.get("wabaId", "").strip() if gateway == CLOUD else ""
    account = Account(name, url.rstrip("/"), id_, secret, number, business)
    return GatewayAccountRef(manager_id, channel, gateway, account)


def _whatsapp(
    gateway: str, options: dict[str, str], port: int | None
) -> tuple[str, str, str]:
    """Returns the address, id and secret from the manager's gateway settings.

    `settings_fields.SETTINGS_OF` describes them.
    """
    if gateway == CONTROLLER:
        url = settings.CONTROLLER_URL.replace("{port}", str(port)) if port else ""
        return url, str(port or ""), options.get("secret", "")
    if gateway == CLOUD:
        url = f"{settings.WHATSAPP_CLOUD_URL}/{graph.VERSION}"
        return url, options.get("phoneNumberId", ""), options.get("token", "")
    url = options.get("url", "")
    if not url.startswith(("http://", "https://")):
        url = ""
    if gateway == EVOLUTION:
        return url, options.get("instance", ""), options.get("apikey", "")
    return url, options.get("session", ""), options.get("token", "")


# Webhooks


def _cloud_secrets() -> graph.Secrets:
    return {**cloud_accounts.secrets(), **_installation_secret()}


def _page_secrets() -> graph.Secrets:
    """Returns the app secrets that may sign events of pages.

    The installation's app may sign for every page, the fake gateways only for the
    pages of demo managers.
    """
    pages = _demo_pages() if settings.DEMO and settings.DEMO_APP_SECRET else frozenset()
    demo = {settings.DEMO_APP_SECRET: pages} if pages else {}
    return {**demo, **_installation_secret()}


def _installation_secret() -> graph.Secrets:
    return dict.fromkeys(filter(None, [settings.META_APP_SECRET]))


def _demo_pages() -> frozenset[str]:
    pages = Manager.objects.filter(is_demo=True).values_list("facebook_id", flat=True)
    return frozenset(page for page in pages if page is not None)


WEBHOOKS: dict[str, Webhook] = {
    "facebook": MessengerWebhook(_page_secrets),
    "whatsapp": WhatsAppCloudWebhook(
        _cloud_secrets,
        cloud_accounts.phones_of_business,
        _installation_secret,
        cloud_accounts.secrets_of,
    ),
    "evolution": EvolutionWebhook(),
    "wppconnect": WPPConnectWebhook(),
}


# Gateways that do not sign their webhooks: each manager has its own webhook address. The
# key that names the account, in an event as in the settings.
UNSIGNED = {EVOLUTION: "instance", WPPCONNECT: "session"}


def account_named(source: str, payload: dict[str, Any]) -> str:
    """Returns the account that an event of an unsigned gateway names; "" if none."""
    key = UNSIGNED.get(source)
    return "" if key is None else text(payload.get(key))


def account_name(gateway: str, sealed: str) -> str:
    """Returns the name of an unsigned gateway's account in its settings.

    "" if it has none, or if no key decrypts the settings.
    """
    key = UNSIGNED.get(gateway)
    if key is None:
        return ""
    try:
        return gateway_settings(sealed).get(key, "").strip()
    except ImproperlyConfigured:
        return ""


def webhook_path(source: str, manager_id: int) -> str:
    """Returns the secret webhook path of a manager's unsigned gateway."""
    return f"/webhooks/{source}/{webhook_secrets.get_or_create(source, manager_id)}"


def renewed_webhook_path(source: str, manager_id: int, *, at_once: bool = False) -> str:
    """Replaces the manager's secret webhook path; see `webhook_secrets`."""
    secret = webhook_secrets.renew(source, manager_id, at_once=at_once)
    return f"/webhooks/{source}/{secret}"
