"""People's actions other than messages, and the platform's actions on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.events import (
    AccountNotice,
    Content,
    Event,
    Ignored,
    Inbound,
    Origin,
    Person,
)
from chats.gateways.messenger.origins import origin_of_referral
from chats.gateways.messenger.persons import NO_PERSON, person_of, visitor_of
from chats.gateways.messenger.templates import address_text, payment_text
from chats.gateways.parsing import found, text

NOTIFICATIONS = "notification_messages"
STOPPED = "STOP NOTIFICATIONS"


def _referral(payload: dict[str, Any], referral: dict[str, Any]) -> list[Event]:
    """Parses a return through a link or an ad, before any message."""
    origin = origin_of_referral(referral)
    if origin is None:
        return [Ignored("referral")]
    shown = referral.get("ref") or found(referral, "ads_context_data", "ad_title")
    said = s.arrival_text(referral.get("source"), shown)
    return _line("referral", payload, person_of(payload), said, origin)


def _optin(payload: dict[str, Any], optin: dict[str, Any]) -> list[Event]:
    """Parses a ticked box of a page's plugin, or a request for notifications."""
    person = visitor_of(payload, optin)
    if text(optin.get("type")):
        is_stopped = optin.get("notification_messages_status") == STOPPED
        said = s.opt_in_text(optin.get("title") or optin.get("payload"), is_stopped)
        return _line("optin", payload, person, said)
    origin = origin_of_referral({"ref": optin.get("ref")})
    if origin is None:
        return [Ignored("optin")]
    said = s.arrival_text("", optin.get("ref"))
    return _line("optin", payload, person, said, origin)


def _payment(payload: dict[str, Any], payment: dict[str, Any]) -> list[Event]:
    return _line("payment", payload, person_of(payload), payment_text(payment))


def _checkout(payload: dict[str, Any], update: dict[str, Any]) -> list[Event]:
    said = s.place_text(address=address_text(update.get("shipping_address")))
    return _line("checkout", payload, person_of(payload), said)


def _line(
    kind: str,
    payload: dict[str, Any],
    person: Person | None,
    said: str,
    origin: Origin | None = None,
) -> list[Event]:
    """Returns a message in the conversation.

    It has no id: person and time identify it.
    """
    if person is None:
        return [NO_PERSON]
    stamp = text(payload.get("timestamp"))
    name = f"{kind}:{person.ids[0]}:{stamp}"
    at = parsing.timestamp(stamp)
    return [Inbound(name, person, Content("text", said), at, origin=origin)]


def _policy(payload: dict[str, Any], policy: dict[str, Any]) -> list[Event]:
    """Parses the platform's notice that it blocked the page, or unblocked it."""
    at = parsing.stamp(payload.get("timestamp"))
    if policy.get("action") != "block":
        said = _("The page may send messages again.")
        return [AccountNotice("policy", "info", said, at)]
    said = _("The page is blocked: %s") % text(policy.get("reason"))
    return [AccountNotice("policy", "problem", said, at, is_blocking=True)]


OCCURRENCES: dict[str, Callable[[dict[str, Any], dict[str, Any]], list[Event]]] = {
    "referral": _referral,
    "optin": _optin,
    "payment": _payment,
    "checkout_update": _checkout,
    "policy-enforcement": _policy,
    "policy_enforcement": _policy,
}
