"""Readable texts of structured messages: orders, locations, contacts, polls, calls.

Every function accepts unvalidated values from a gateway and returns text that can be
stored; missing values are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chats.gateways.parsing import LONGEST_TEXT, text

CURRENCY_SIGNS = {"BRL": "R$", "USD": "US$", "EUR": "€"}
MAP_URL = "https://www.google.com/maps?q="
# WhatsApp gives amounts in thousandths.
THOUSANDTHS = Decimal(1000)
LARGEST_AMOUNT = Decimal(10) ** 15
DEEPEST_FIELD = 8


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An item of an order; `price` is the unit price."""

    name: str
    quantity: Any = None
    price: Any = None


def amount(value: Any, divisor: Decimal = Decimal(1)) -> Decimal | None:
    """Returns an amount of money as a number, or None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not read.is_finite() or abs(read) > LARGEST_AMOUNT:
        return None
    return read / divisor


def money_text(value: Any, currency: Any = "") -> str:
    """Returns an amount with its currency, or "" if it is not an amount."""
    read = amount(value)
    if read is None:
        return ""
    code = text(currency, 12).strip().upper()
    number = number_format(read, decimal_pos=2, force_grouping=True)
    return f"{CURRENCY_SIGNS.get(code, code)} {number}".strip()


def order_text(
    lines: Iterable[OrderLine] = (),
    total: Any = None,
    currency: Any = "",
    *,
    title: Any = "",
    items: Any = None,
    note: Any = "",
) -> str:
    """Returns an order with its items and total.

    `items` is the number of items where only that is known. A missing total is computed
    from the items.
    """
    lines = list(lines)
    sums = [_line_sum(line) for line in lines]
    if amount(total) is None and lines and None not in sums:
        total = sum(one for one in sums if one is not None)
    count = amount(items)
    counted = None
    if not lines and count is not None and count == int(count) > 0:
        counted = ngettext("%(count)d item", "%(count)d items", int(count)) % {
            "count": int(count)
        }
    money = money_text(total, currency)
    return _joined(
        _titled(_("Order"), title),
        *(_line_text(line, currency) for line in lines),
        counted,
        _("Total: %s") % money if money else "",
        note,
    )


def product_text(
    title: Any,
    price: Any = None,
    currency: Any = "",
    *,
    description: Any = "",
    url: Any = "",
) -> str:
    """Returns a product; `price` is a number or a text that contains its currency."""
    money = money_text(price, currency) or text(price)
    named = ", ".join(filter(None, (text(title), money)))
    return _joined(_titled(_("Product"), named), description, url)


def contact_text(
    name: Any, phones: Iterable[Any] = (), emails: Iterable[Any] = ()
) -> str:
    """Returns a contact card in one line."""
    known = dict.fromkeys(filter(None, map(text, (name, *phones, *emails))))
    return _titled(_("Contact"), ", ".join(known))


def place_text(
    name: Any = "",
    address: Any = "",
    latitude: Any = None,
    longitude: Any = None,
    *,
    url: Any = "",
    is_live: bool = False,
) -> str:
    """Returns a location with its address and a link to a map."""
    spot = [text(latitude), text(longitude)]
    has_spot = all(spot)
    name, address = text(name), text(address)
    if name and name in address:
        name = ""
    named = ", ".join(filter(None, (name, address)))
    link = text(url) or (f"{MAP_URL}{','.join(spot)}" if has_spot else "")
    head = _("Live location") if is_live else _("Location")
    return _joined(_titled(head, named or (", ".join(spot) if has_spot else "")), link)


def poll_text(question: Any, options: Iterable[Any] = ()) -> str:
    """Returns a poll's question with its options."""
    return _joined(_titled(_("Poll"), question), *_bullets(options))


def vote_text(question: Any, options: Iterable[Any]) -> str:
    """Returns the options chosen in a poll; without options the vote was withdrawn."""
    chosen = list(_bullets(options))
    if not chosen:
        return _titled(_("Vote withdrawn from the poll"), question)
    return _joined(_titled(_("Vote in the poll"), question), *chosen)


def call_text(missed: bool, video: bool, seconds: Any = None) -> str:
    """Returns one line about a call."""
    if missed:
        return _("Missed video call") if video else _("Missed voice call")
    said = _("Video call") if video else _("Voice call")
    length = amount(seconds)
    if length is None or length < 1:
        return said
    minutes, rest = divmod(int(length), 60)
    return f"{said} ({minutes}:{rest:02})"


def call_permission_text(allowed: bool) -> str:
    """Returns a customer's answer to a request for permission to call."""
    if allowed:
        return _("The customer allows calls.")
    return _("The customer does not allow calls.")


def marketing_text(wanted: bool) -> str:
    """Returns whether a customer wants marketing messages."""
    if wanted:
        return _("The customer accepts marketing messages.")
    return _("The customer does not want marketing messages.")


def opt_in_text(title: Any, stopped: bool = False) -> str:
    """Returns the topic that a customer subscribed to or unsubscribed from."""
    if stopped:
        return _titled(_("Does not want to be notified any more"), title)
    return _titled(_("Wants to be notified"), title)


def arrival_text(source: Any, title: Any = "") -> str:
    """Returns how a customer reached the conversation before writing anything."""
    named = " ".join(filter(None, (text(title), f"({text(source)})" if source else "")))
    return _titled(_("Opened the conversation"), named)


def payment_text(
    value: Any, currency: Any = "", *, note: Any = "", is_request: bool = False
) -> str:
    """Returns a payment, or a payment request."""
    head = _("Payment request") if is_request else _("Payment")
    return _joined(_titled(head, money_text(value, currency)), note)


def link_text(title: Any, url: Any = "", description: Any = "") -> str:
    """Returns shared content: its title, description and address."""
    title = text(title).strip()
    if title == text(url).strip():
        title = ""
    return _joined(title, description, url) or _("Shared link")


def invitation_text(group: Any, url: Any = "", note: Any = "") -> str:
    """Returns an invitation to a group."""
    return _joined(_titled(_("Group invitation"), group), note, url)


def appointment_text(
    name: Any,
    starts_at: datetime | None = None,
    location: Any = "",
    description: Any = "",
) -> str:
    """Returns an event invitation, in the current time zone."""
    when = ""
    if starts_at is not None:
        when = date_format(timezone.localtime(starts_at), "SHORT_DATETIME_FORMAT")
    return _joined(_titled(_("Event"), name), when, location, description)


def fields_text(fields: Mapping[Any, Any], title: Any = "") -> str:
    """Returns a submitted form, one line for each field."""
    return _joined(title, *_field_lines(fields, "", DEEPEST_FIELD))


def _field_lines(value: Any, name: str, depth: int) -> Iterable[str]:
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _field_lines(item, f"{name} {text(key)}".strip(), depth - 1)
    elif isinstance(value, list):
        plain = [text(item) for item in value if not isinstance(item, Mapping | list)]
        if any(plain):
            yield f"{name}: {', '.join(filter(None, plain))}"
        for item in value:
            if isinstance(item, Mapping | list):
                yield from _field_lines(item, name, depth - 1)
    elif isinstance(value, bool):
        yield f"{name}: {_('yes') if value else _('no')}"
    elif said := text(value):
        yield f"{name}: {said}"


def _line_sum(line: OrderLine) -> Decimal | None:
    price, quantity = amount(line.price), amount(line.quantity)
    if price is None:
        return None
    return price * (Decimal(1) if quantity is None else quantity)


def _line_text(line: OrderLine, currency: Any) -> str:
    quantity = text(line.quantity)
    said = f"{quantity} x {line.name}" if quantity else line.name
    money = money_text(_line_sum(line), currency)
    return f"{said}: {money}" if money else said


def _titled(title: str, said: Any) -> str:
    said = text(said).strip()
    return title if said in ("", title) else f"{title}: {said}"


def _bullets(options: Iterable[Any]) -> Iterable[str]:
    return [f"• {said}" for option in options if (said := text(option))]


def _joined(*parts: Any) -> str:
    said = (text(part).strip() for part in parts)
    return "\n".join(filter(None, said))[:LONGEST_TEXT]
