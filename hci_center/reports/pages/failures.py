"""Explanations of delivery failures, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from chats.gateways.error_messages import SENTENCES

# Codes that no gateway reports.
_OTHER_SENTENCES: Mapping[str, Any] = {
    "broken": gettext_lazy("The message could not be sent."),
    "expired": gettext_lazy("The message waited for a day."),
    "reported": gettext_lazy("The gateway said later that it was not delivered."),
    "erased": gettext_lazy("The customer's data was erased before it was sent."),
}
_RETRY = gettext_lazy("It was tried again without success: send the message again.")
_NEXT_STEPS: Mapping[str, Any] = {
    "bad_message": gettext_lazy(
        "Read the reason on the message and write another one."
    ),
    "bad_recipient": gettext_lazy("Check the customer's number with the customer."),
    "bad_setup": gettext_lazy("Complete the gateway's settings on the manager's page."),
    "broken": gettext_lazy(
        "Send it again; if it fails again, look into the server log."
    ),
    "erased": gettext_lazy("Nothing to do."),
    "expired": gettext_lazy("See why the account sent nothing on the channels page."),
    "no_templates": gettext_lazy("Write a plain message, or use another gateway."),
    "not_authorized": gettext_lazy(
        "Renew the access: enter a new token on the manager's page."
    ),
    "not_connected": gettext_lazy(
        "Connect the phone again: open the session and scan its QR code."
    ),
    "not_delivered": gettext_lazy(
        "WhatsApp limits what a customer gets: wait until the customer writes."
    ),
    "recipient_unavailable": gettext_lazy("Try again later."),
    "reported": gettext_lazy("Open the message: the gateway's reason stands there."),
    "restricted": gettext_lazy("Read the platform's notice about the account."),
    "throttled": gettext_lazy("Send fewer messages at once, and this one again later."),
    "too_large": gettext_lazy("Send a smaller file, or a link."),
    "window_closed": gettext_lazy("Send an approved template."),
    "wrong_program": gettext_lazy("Check the gateway's address and port."),
}


def reason_of(code: str) -> str:
    """Returns the explanation of a failure's code, or the code."""
    return str(_OTHER_SENTENCES.get(code) or SENTENCES.get(code) or code)


def next_step(code: str) -> str:
    """Returns what a person can do about failures of that code."""
    return str(_NEXT_STEPS.get(code, _RETRY))
