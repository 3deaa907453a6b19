"""Meta's reports on a business account and on its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chats.gateways import parsing
from chats.gateways.events import (
    AccountNotice,
    Event,
    Ignored,
    NoticeLevel,
    TemplateNotice,
)
from chats.gateways.parsing import found, listed, text
from chats.gateways.whatsapp_cloud.template_fields import TEMPLATE_FIELDS

INFO: NoticeLevel = "info"
WARNING: NoticeLevel = "warning"
PROBLEM: NoticeLevel = "problem"
# With this restriction nothing can be sent or received.
ANSWERING = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"

# Events of `account_update` without further data: the topic, the level, whether the
# account cannot be used meanwhile, and the meaning.
_ACCOUNT = "account"
_PARTNER = "partner"
ACCOUNT_UPDATES: dict[str, tuple[str, NoticeLevel, bool, str]] = {
    "ACCOUNT_DELETED": (
        _ACCOUNT,
        PROBLEM,
        True,
        gettext_noop("The WhatsApp Business account was deleted."),
    ),
    "ACCOUNT_OFFBOARDED": (
        _ACCOUNT,
        PROBLEM,
        True,
        gettext_noop("The number was disconnected from the Cloud API."),
    ),
    "ACCOUNT_RECONNECTED": (
        _ACCOUNT,
        INFO,
        False,
        gettext_noop("The number is connected to the Cloud API again."),
    ),
    "PARTNER_REMOVED": (
        _PARTNER,
        PROBLEM,
        True,
        gettext_noop("The account is no longer shared with the partner."),
    ),
    "PARTNER_ADDED": (
        _PARTNER,
        INFO,
        False,
        gettext_noop("The account is shared with a partner."),
    ),
    "PARTNER_APP_UNINSTALLED": (
        "partner_app",
        WARNING,
        False,
        gettext_noop("A partner's app was removed from the account."),
    ),
    "PARTNER_APP_INSTALLED": (
        "partner_app",
        INFO,
        False,
        gettext_noop("A partner's app was given access to the account."),
    ),
    "VERIFIED_ACCOUNT": (
        "verification",
        INFO,
        False,
        gettext_noop("The account is verified."),
    ),
    "MM_LITE_TERMS_SIGNED": (
        "terms",
        INFO,
        False,
        gettext_noop("The terms of marketing messages were accepted."),
    ),
}


def account_events(field: str, value: Any, at: datetime | None) -> list[Event]:
    """Returns the reports of a change of a business account."""
    reader = _READERS.get(field)
    if reader is None or not isinstance(value, dict):
        return [Ignored(field or "nothing")]
    event = reader(value)
    if isinstance(event, AccountNotice):
        return [replace(event, at=at, number=_number(value))]
    if isinstance(event, TemplateNotice):
        return [replace(event, at=at)]
    return [event]


def error_events(errors: list[Any]) -> list[Event]:
    """Returns the reports of errors that belong to no message."""
    said = [_error_text(error) for error in errors]
    return [AccountNotice("error", WARNING, "; ".join(filter(None, said)))]


def _error_text(error: Any) -> str:
    said = found(error, "error_data", "details") or found(error, "title")
    return f"{text(found(error, 'code'))}: {text(said)}"


def _number(value: Any) -> int | None:
    """Returns the phone that a change is about, if it names one."""
    shown = text(value.get("display_phone_number")) or text(value.get("phone_number"))
    digits = "".join(filter(str.isdecimal, shown))
    return int(digits) if digits and len(digits) <= 15 and digits.isascii() else None


def _account_update(value: dict[str, Any]) -> Event:
    event = text(value.get("event"))
    known = ACCOUNT_UPDATES.get(event)
    if known is not None:
        topic, level, is_blocking, said = known
        reason = text(found(value, "disconnection_info", "reason"))
        shown = f"{_(said)} ({reason})" if reason else _(said)
        return AccountNotice(topic, level, shown, is_blocking=is_blocking)
    reader = _UPDATES.get(event)
    if reader is not None:
        return reader(value)
    return AccountNotice(parsing.kind(event), INFO, event)


def _banned(value: dict[str, Any]) -> Event:
    state = text(found(value, "ban_info", "waba_ban_state"))
    day = text(found(value, "ban_info", "waba_ban_date"))
    if state == "REINSTATE":
        return AccountNotice("ban", INFO, _("The account may be used again."))
    if state == "SCHEDULE_FOR_DISABLE":
        said = _("The account will be disabled: %s") % day
        return AccountNotice("ban", PROBLEM, said)
    said = _("The account is disabled: %s") % day
    return AccountNotice("ban", PROBLEM, said, is_blocking=True)


def _restricted(value: dict[str, Any]) -> Event:
    restrictions = listed(value, "restriction_info")
    types = [text(found(one, "restriction_type")) for one in restrictions]
    if not types:
        said = _("The account is not restricted any more.")
        return AccountNotice("restriction", INFO, said)
    ends = [parsing.stamp(found(one, "expiration")) for one in restrictions]
    known = [end for end in ends if end is not None]
    return AccountNotice(
        "restriction",
        PROBLEM,
        _("The account is restricted: %s") % ", ".join(types),
        until=max(known) if len(known) == len(ends) else None,
        is_blocking=ANSWERING in types,
    )


def _violated(value: dict[str, Any]) -> Event:
    kind = text(found(value, "violation_info", "violation_type"))
    said = _("The account has violated a policy: %s") % kind
    return AccountNotice("violation", PROBLEM, said)


def _certified(value: dict[str, Any]) -> Event:
    info = value.get("partner_client_certification_info")
    status = text(found(info, "status"))
    reasons = [text(one) for one in listed(info, "rejection_reasons")]
    shown = ", ".join([status, *(one for one in reasons if one != "NONE")])
    level = INFO if status in ("APPROVED", "PENDING") else WARNING
    said = _("Verification of the business by its partner: %s") % shown
    return AccountNotice("verification", level, said)


def _tiered(value: dict[str, Any]) -> Event:
    info = value.get("volume_tier_info")
    names = ("pricing_category", "tier", "region", "effective_month")
    shown = " ".join(text(found(info, name)) for name in names)
    return AccountNotice("pricing", INFO, _("Price tier: %s") % shown)


def _rated(value: dict[str, Any]) -> Event:
    since = parsing.stamp(
        found(value, "auth_international_rate_eligibility", "start_time")
    )
    said = _("International rates apply to authentication messages since: %s")
    return AccountNotice("rates", INFO, said % (since.date() if since else "?"))


def _located(value: dict[str, Any]) -> Event:
    said = _("The country of the business: %s") % text(value.get("country"))
    return AccountNotice("country", INFO, said)


def _advertised(value: dict[str, Any]) -> Event:
    account = text(found(value, "waba_info", "ad_account_linked"))
    return AccountNotice("ads", INFO, _("An ad account was linked: %s") % account)


def _review(value: dict[str, Any]) -> Event:
    decision = text(value.get("decision"))
    level = PROBLEM if decision == "REJECTED" else INFO
    said = _("Review of the account: %s") % decision
    return AccountNotice("review", level, said)


def _quality(value: dict[str, Any]) -> Event:
    event = text(value.get("event"))
    limit = value.get("max_daily_conversations_per_business")
    shown = f"{event}, {text(limit or value.get('current_limit'))}".strip(", ")
    level = WARNING if event in ("FLAGGED", "DOWNGRADE") else INFO
    return AccountNotice("quality", level, _("Quality of the number: %s") % shown)


def _display_name(value: dict[str, Any]) -> Event:
    names = ("requested_verified_name", "decision", "rejection_reason")
    shown = ", ".join(filter(None, (text(value.get(name)) for name in names)))
    level = WARNING if value.get("decision") == "REJECTED" else INFO
    return AccountNotice("name", level, _("Display name of the number: %s") % shown)


def _capability(value: dict[str, Any]) -> Event:
    names = (
        "max_daily_conversations_per_business",
        "max_daily_conversation_per_phone",
        "max_phone_numbers_per_business",
        "max_phone_numbers_per_waba",
    )
    shown = [f"{name} {text(value[name])}" for name in names if value.get(name)]
    said = _("Limits of the business: %s") % ", ".join(shown)
    return AccountNotice("limits", INFO, said)


def _security(value: dict[str, Any]) -> Event:
    event = text(value.get("event"))
    # Whoever turns the PIN off can take the number over.
    level = WARNING if event == "PIN_CHANGED" else PROBLEM
    requester = text(value.get("requester"))
    shown = f"{event} ({requester})" if requester else event
    said = _("Two-step verification of the number: %s") % shown
    return AccountNotice("security", level, said)


def _alert(value: dict[str, Any]) -> Event:
    info = value["alert_info"] if isinstance(value.get("alert_info"), dict) else value
    # Alerts on limits and badges: what Meta calls critical blocks nothing.
    needs_action = text(info.get("alert_severity")) in ("CRITICAL", "WARNING")
    is_active = info.get("alert_status") != "NONE"
    level = WARNING if needs_action and is_active else INFO
    kind, said = text(info.get("alert_type")), text(info.get("alert_description"))
    return AccountNotice(f"alert_{parsing.kind(kind)}"[:32], level, f"{kind}: {said}")


_UPDATES: dict[str, Callable[[dict[str, Any]], Event]] = {
    "DISABLED_UPDATE": _banned,
    "ACCOUNT_RESTRICTION": _restricted,
    "ACCOUNT_VIOLATION": _violated,
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": _certified,
    "VOLUME_BASED_PRICING_TIER_UPDATE": _tiered,
    "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": _rated,
    "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": _located,
    "AD_ACCOUNT_LINKED": _advertised,
}
_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "account_update": _account_update,
    "account_review_update": _review,
    "account_alerts": _alert,
    "business_capability_update": _capability,
    "phone_number_name_update": _display_name,
    "phone_number_quality_update": _quality,
    "security": _security,
    **TEMPLATE_FIELDS,
}
