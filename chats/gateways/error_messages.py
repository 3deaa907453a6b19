"""Reasons why a message was not sent, as sentences for operators."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LONGEST_DETAIL = 200

SENTENCES = {
    "bad_message": _("The gateway does not take this message."),
    "bad_recipient": _("The customer cannot be reached under this number or id."),
    "bad_setup": _("The gateway's settings are incomplete; an administrator must act."),
    "cut": _("The connection to the gateway was cut."),
    "never_arrived": _("The gateway did not receive the message."),
    "no_templates": _("This gateway has no templates."),
    "not_authorized": _("The gateway refuses the account; its access must be renewed."),
    "not_connected": _("The session is disconnected; it must be connected again."),
    "not_delivered": _("WhatsApp does not deliver this message to this customer."),
    "recipient_unavailable": _("The customer does not receive messages now."),
    "redirected": _("Something else than the gateway answers at its address."),
    "restricted": _("The platform has restricted the account."),
    "temporary": _("The gateway has a temporary fault."),
    "throttled": _("The gateway wants fewer messages for a while."),
    "timeout": _("The gateway did not answer in time."),
    "too_large": _("The file is larger than the gateway takes."),
    "unreachable": _("The gateway cannot be reached."),
    "unreadable": _("The gateway's answer cannot be understood."),
    "window_closed": _("The customer's last message is too old to answer freely."),
    "wrong_program": _("Another program than the gateway answers at its address."),
}


def sentence(code: str, detail: object = "") -> str:
    """Returns the sentence of an error code, with the gateway's own text cut short."""
    text = str(SENTENCES[code])
    said = " ".join(str(detail).split())[:LONGEST_DETAIL] if detail else ""
    return f"{text} ({said})" if said else text
