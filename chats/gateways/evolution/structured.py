"""Texts of WhatsApp's structured messages, one function per kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.parsing import found, listed, text
from chats.gateways.vcards import card_text, cards_text


def _location(part: Any) -> tuple[str, str]:
    lat, long = (found(part, f"degrees{axis}") for axis in ("Latitude", "Longitude"))
    name, address = found(part, "name"), found(part, "address")
    return "location", s.place_text(name, address, lat, long, url=found(part, "url"))


def _live_location(part: Any) -> tuple[str, str]:
    lat, long = (found(part, f"degrees{axis}") for axis in ("Latitude", "Longitude"))
    name = found(part, "caption")
    return "location", s.place_text(name, "", lat, long, is_live=True)


def _contact(part: Any) -> tuple[str, str]:
    return "contacts", card_text(found(part, "vcard"), found(part, "displayName"))


def _contacts(part: Any) -> tuple[str, str]:
    return "contacts", cards_text(listed(part, "contacts"))


def _poll(part: Any) -> tuple[str, str]:
    options = [found(option, "optionName") for option in listed(part, "options")]
    return "poll", s.poll_text(found(part, "name"), options)


def _poll_result(part: Any) -> tuple[str, str]:
    votes = [
        f"{text(found(vote, 'optionName'))}: {text(found(vote, 'optionVoteCount'))}"
        for vote in listed(part, "pollVotes")
    ]
    return "poll", s.poll_text(found(part, "name"), votes)


def _order(part: Any) -> tuple[str, str]:
    total = s.amount(found(part, "totalAmount1000"), s.THOUSANDTHS)
    return "order", s.order_text(
        total=total,
        currency=found(part, "totalCurrencyCode"),
        title=found(part, "orderTitle"),
        items=found(part, "itemCount"),
        note=found(part, "message"),
    )


def _product(part: Any) -> tuple[str, str]:
    product = found(part, "product")
    note = [text(found(part, name)) for name in ("body", "footer")]
    described = [text(found(product, "description")), *note]
    return "product", s.product_text(
        found(product, "title"),
        s.amount(found(product, "priceAmount1000"), s.THOUSANDTHS),
        found(product, "currencyCode"),
        description="\n".join(filter(None, described)),
        url=found(product, "url"),
    )


def _invitation(part: Any) -> tuple[str, str]:
    code = text(found(part, "inviteCode"))
    url = f"https://chat.whatsapp.com/{code}" if code else ""
    name, note = found(part, "groupName"), found(part, "caption")
    return "invitation", s.invitation_text(name, url, note)


def _event(part: Any) -> tuple[str, str]:
    location = found(part, "location", "name") or found(part, "joinLink")
    starts = parsing.stamp(found(part, "startTime"))
    name, said = found(part, "name"), found(part, "description")
    return "event", s.appointment_text(name, starts, location, said)


def _payment_request(part: Any) -> tuple[str, str]:
    value = s.amount(found(part, "amount1000"), s.THOUSANDTHS)
    currency = found(part, "currencyCodeIso4217")
    note = _note(part)
    return "payment", s.payment_text(value, currency, note=note, is_request=True)


def _payment(part: Any) -> tuple[str, str]:
    return "payment", s.payment_text(None, note=_note(part))


def _note(part: Any) -> str:
    note = found(part, "noteMessage")
    said = found(note, "conversation") or found(note, "extendedTextMessage", "text")
    return text(said)


def _call_log(part: Any) -> tuple[str, str]:
    missed = found(part, "callOutcome") in ("MISSED", 1)
    video = found(part, "isVideo") is True
    return "call", s.call_text(missed, video, found(part, "durationSecs"))


def _template(part: Any) -> tuple[str, str]:
    hydrated = found(part, "hydratedTemplate") or found(part, "hydratedFourRowTemplate")
    names = ("hydratedTitleText", "hydratedContentText", "hydratedFooterText")
    return "text", _lines(*(found(hydrated, name) for name in names))


def _interactive(part: Any) -> tuple[str, str]:
    parts = (("header", "title"), ("body", "text"), ("footer", "text"))
    return "text", _lines(*(found(part, *path) for path in parts))


def _buttons(part: Any) -> tuple[str, str]:
    names = ("text", "contentText", "footerText")
    return "text", _lines(*(found(part, name) for name in names))


def _list(part: Any) -> tuple[str, str]:
    names = ("title", "description", "footerText")
    return "text", _lines(*(found(part, name) for name in names))


def _flow_answer(part: Any) -> tuple[str, str]:
    said = text(found(part, "body", "text"))
    flow = found(part, "nativeFlowResponseMessage")
    if found(flow, "name") == "quick_reply" and said:
        return "text", said
    fields = _fields(found(flow, "paramsJson"))
    return "text", s.fields_text(fields, said) or said


def _fields(value: Any) -> dict[str, Any]:
    try:
        fields = json.loads(text(value))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict):
        return {}
    return {name: item for name, item in fields.items() if name != "flow_token"}


def _lines(*values: Any) -> str:
    return "\n".join(filter(None, (text(value).strip() for value in values)))


READERS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "locationMessage": _location,
    "liveLocationMessage": _live_location,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    **{f"pollCreationMessage{v}": _poll for v in ("", "V2", "V3", "V4", "V5")},
    "pollResultSnapshotMessage": _poll_result,
    "orderMessage": _order,
    "productMessage": _product,
    "groupInviteMessage": _invitation,
    "eventMessage": _event,
    "requestPaymentMessage": _payment_request,
    "sendPaymentMessage": _payment,
    # Spelled this way by WhatsApp.
    "callLogMesssage": _call_log,
    "templateMessage": _template,
    "interactiveMessage": _interactive,
    "buttonsMessage": _buttons,
    "listMessage": _list,
    "interactiveResponseMessage": _flow_answer,
}
