"""Customers' actions other than messages: calls, payments, marketing preferences."""

from __future__ import annotations

from typing import Any

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.events import Content, Echo, Event, Ignored, Inbound
from chats.gateways.parsing import found, text
from chats.gateways.whatsapp_cloud.persons import person_of


def payment_events(status: dict[str, Any], contact: Any) -> list[Event]:
    """Returns the status of an order's payment."""
    person = person_of(contact, status.get("recipient_id"))
    if not person.ids:
        return [Ignored("payment")]
    payment = status.get("payment")
    offset = s.amount(found(payment, "amount", "offset")) or 1
    value = s.amount(found(payment, "amount", "value"))
    reference, state = text(found(payment, "reference_id")), text(status["status"])
    said = s.payment_text(
        None if value is None else value / offset,
        found(payment, "currency") or found(payment, "amount", "currency"),
        note=" ".join(filter(None, (reference, state))),
    )
    order, at = text(status["id"]), text(status.get("timestamp"))
    return [
        Inbound(
            f"payment:{order}:{state}:{at}",
            person,
            Content("payment", said),
            parsing.timestamp(at),
            reply_to=order,
        )
    ]


def call_events(call: dict[str, Any], contact: Any) -> list[Event]:
    """Returns a message about an ended call.

    Only then it is known whether it was answered.
    """
    is_ours = call.get("direction") == "BUSINESS_INITIATED"
    side = "to" if is_ours else "from"
    person = person_of(contact, call.get(side), call.get(f"{side}_user_id"))
    if call.get("event") != "terminate" or not person.ids:
        return [Ignored(f"call {text(call.get('event'))}")]
    length = s.amount(call.get("duration"))
    is_missed = call.get("status") != "COMPLETED" or not length
    content = Content("call", s.call_text(is_missed, False, length))
    name, at = text(call["id"]), parsing.timestamp(call.get("timestamp"))
    if is_ours:
        return [Echo(name, person, content, at, is_api=False)]
    return [Inbound(name, person, content, at)]


def preference_events(preference: dict[str, Any], contact: Any) -> list[Event]:
    """Returns a message on whether a customer wants marketing messages."""
    ids = (preference.get("wa_id"), preference.get("user_id"))
    person = person_of(None if any(ids) else contact, *ids)
    if not person.ids:
        return [Ignored("preference")]
    at = text(preference.get("timestamp"))
    content = Content("text", s.marketing_text(preference.get("value") != "stop"))
    name = f"preference:{person.ids[0]}:{at}"
    return [Inbound(name, person, content, parsing.timestamp(at))]
