"""Webhook of the Cloud API: one piece for each message, receipt or report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chats.gateways import parsing
from chats.gateways.events import (
    Deleted,
    Echo,
    Edited,
    Event,
    Ignored,
    Inbound,
    Person,
    Reaction,
    Receipt,
    ReceiptStatus,
    WebhookItem,
)
from chats.gateways.graph import Secrets, is_signed, signed_pieces
from chats.gateways.parsing import found, listed, text
from chats.gateways.whatsapp_cloud.account_fields import account_events, error_events
from chats.gateways.whatsapp_cloud.content import (
    changed_text,
    content_of,
    origin_of,
    quoted_id,
)
from chats.gateways.whatsapp_cloud.occurrences import (
    call_events,
    payment_events,
    preference_events,
)
from chats.gateways.whatsapp_cloud.persons import (
    contact_of,
    person_of,
    renaming_events,
    system_events,
)

OBJECT = "whatsapp_business_account"
STATUSES: dict[str, ReceiptStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
# The lists in a change, and the name of each of their items in a piece.
ITEMS = {
    "messages": "message",
    "message_echoes": "echo",
    "statuses": "status",
    "calls": "call",
    "user_preferences": "preference",
    "user_id_update": "renaming",
}
# A phone number id in a body, and how many of one body are looked up.
_PHONE = re.compile(rb'"phone_number_id"\s*:\s*"([0-9]{1,32})"')
MOST_PHONES = 10
# Prefix of accounts named by their business account; not every one is ours.
BUSINESS_ACCOUNT = "waba:"


class WhatsAppCloudWebhook:
    """Parser of changes of business accounts, signed with the app's secret.

    `main` is the secret of the app that may sign for every number; `secrets_of` are
    those of the apps of these phone number ids, `secrets` those of all apps.
    `phones_of` returns the known phone number ids of a business account.
    """

    def __init__(
        self,
        secrets: Callable[[], Secrets],
        phones_of: Callable[[str], Iterable[str]] = lambda _: (),
        main: Callable[[], Secrets] = dict,
        secrets_of: Callable[[Iterable[str]], Secrets] = lambda _: {},
    ) -> None:
        self._secrets, self._phones_of = secrets, phones_of
        self._main, self._secrets_of = main, secrets_of

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        return signed_pieces(self._signer(headers, raw), headers, raw, self._pieces)

    def _signer(self, headers: Mapping[str, str], raw: bytes) -> Secrets:
        """Returns the first secrets of which one fits, else those of all apps.

        Only who has a secret learns by the time in which order they were tried.
        """
        for secrets in (self._main, lambda: self._secrets_of(_phones_in(raw))):
            found = secrets()
            if any(is_signed(secret, headers, raw) for secret in found):
                return found
        return self._secrets()

    def _pieces(self, body: dict[str, Any]) -> Iterator[WebhookItem]:
        if body.get("object") != OBJECT:
            return
        reports = []
        for entry in listed(body, "entry"):
            for change in listed(entry, "changes"):
                pieces = list(_pieces_of_change(change))
                yield from pieces
                if not pieces:
                    reports.append((entry, change))
        # Last: their number may change with our settings, and a repeated body is
        # recognised by the positions of its pieces.
        for entry, change in reports:
            yield from self._report(entry, change)

    def _report(self, entry: Any, change: Any) -> Iterator[WebhookItem]:
        """Yields a report on a whole business account once for each of our numbers."""
        value = found(change, "value")
        # Reports to partners name the account that they are about.
        waba = text(found(value, "waba_info", "waba_id")) or text(found(entry, "id"))
        report = {
            "account_field": _field_of(entry, change),
            "value": value,
            "at": found(entry, "time"),
        }
        accounts = list(self._phones_of(waba)) or [f"{BUSINESS_ACCOUNT}{waba}"]
        for account in accounts:
            yield WebhookItem(account, json.dumps(report))

    def parse(self, payload: Any) -> list[Event]:
        contact = payload.get("contact")
        for name, reader in _READERS.items():
            if name in payload:
                return reader(payload[name], contact)
        if "account_field" in payload:
            at = parsing.stamp(payload.get("at"))
            return account_events(payload["account_field"], payload.get("value"), at)
        if isinstance(payload.get("errors"), list):
            return error_events(payload["errors"])
        return [Ignored(text(payload.get("field")) or "nothing")]


def _phones_in(raw: bytes) -> list[str]:
    """Returns all phone number ids in an unverified body; none if they are too many.

    None, too, if some are not written as expected: the secret that fits may report on
    those as well.
    """
    found = _PHONE.findall(raw)
    named = {phone.decode() for phone in found}
    is_all = len(found) == raw.count(b"phone_number_id") and len(named) <= MOST_PHONES
    return sorted(named) if is_all else []


def _field_of(entry: Any, change: Any) -> str:
    """Returns the field's name; some of Meta's own examples have it one level off."""
    levels = (change, entry, found(change, "value"))
    return next(filter(None, (text(found(level, "field")) for level in levels)), "")


def _pieces_of_change(change: Any) -> Iterator[WebhookItem]:
    value = found(change, "value")
    account = text(found(value, "metadata", "phone_number_id"))
    contacts = listed(value, "contacts")
    is_empty = True
    for name, kind in ITEMS.items():
        for item in listed(value, name):
            is_empty = False
            known = {kind: item, "contact": contact_of(item, contacts)}
            yield WebhookItem(account, json.dumps(known))
    if is_empty and account:
        field = {"field": found(change, "field"), "errors": found(value, "errors")}
        yield WebhookItem(account, json.dumps(field))


def _message(message: dict[str, Any], contact: Any) -> list[Event]:
    kind = message["type"]
    if message.get("group_id"):
        return [Ignored("group")]
    if kind == "request_welcome":
        return [Ignored(kind)]
    person = person_of(contact, message.get("from"), message.get("from_user_id"))
    if kind == "system":
        return system_events(message, person)
    if not person.ids:
        return [Ignored("message without a sender")]
    changed = _change(message, person, is_own=False)
    if changed is not None:
        return [changed]
    return [
        Inbound(
            text(message["id"]),
            person,
            content_of(message),
            parsing.timestamp(message.get("timestamp")),
            reply_to=quoted_id(message),
            origin=origin_of(message),
        )
    ]


def _change(message: Any, person: Person, *, is_own: bool) -> Event | None:
    """Returns the event of a message that changes an earlier one, else None."""
    kind, part = message["type"], message.get(message["type"])
    at = parsing.timestamp(message.get("timestamp"))
    if kind == "reaction":
        emoji = text(found(part, "emoji"), longest=64)
        return Reaction(text(part["message_id"]), person, emoji, is_own=is_own)
    if kind == "edit":
        said = changed_text(found(part, "message"))
        return Edited(text(part["original_message_id"]), said, at)
    if kind == "revoke":
        return Deleted(text(part["original_message_id"]), at)
    return None


def _echo(echo: dict[str, Any], contact: Any) -> list[Event]:
    """Parses a message that the owner typed in the Business app."""
    if echo.get("group_id"):
        return [Ignored("group")]
    person = person_of(contact, echo.get("to"), echo.get("to_user_id"))
    if not person.ids:
        return [Ignored("message without a recipient")]
    changed = _change(echo, person, is_own=True)
    if changed is not None:
        return [changed]
    return [
        Echo(
            text(echo["id"]),
            person,
            content_of(echo),
            parsing.timestamp(echo.get("timestamp")),
            is_api=False,
            reply_to=quoted_id(echo),
        )
    ]


def _status(status: dict[str, Any], contact: Any) -> list[Event]:
    if status.get("type") == "payment":
        return payment_events(status, contact)
    lifted = STATUSES.get(status["status"])
    if lifted is None or status.get("type") == "call":
        return [Ignored(text(status["status"]))]
    error = found(status, "errors", 0)
    said = found(error, "error_data", "details") or found(error, "title")
    uuid = text(status.get("biz_opaque_callback_data"))
    return [Receipt(lifted, (text(status["id"]),), uuid, text(said) if error else "")]


_READERS: dict[str, Callable[[Any, Any], list[Event]]] = {
    "message": _message,
    "echo": _echo,
    "status": _status,
    "call": call_events,
    "preference": preference_events,
    "renaming": renaming_events,
}
