"""Meanings of the Cloud API's error codes."""

from __future__ import annotations

from chats.gateways import error_rules as v
from chats.gateways.error_rules import ErrorRule
from chats.gateways.graph import Reported

TABLE: dict[int, ErrorRule] = {
    # Token, permission, registration, number deleted, display name.
    **dict.fromkeys(
        (0, 3, 10, 33, 190, 131005, 131037, 131045, 133010), v.NOT_AUTHORIZED
    ),
    # Restricted, locked, payment.
    **dict.fromkeys((368, 131031, 131042), v.RESTRICTED),
    # Limits of the app, the business account or the number.
    **dict.fromkeys((4, 80007, 130429, 133016), v.THROTTLED),
    # Too much spam or too many template violations: hours.
    **dict.fromkeys((131048, 131064), v.THROTTLED_LONG),
    # One number writes to one customer too fast.
    131056: v.PAIR_THROTTLED,
    131047: v.WINDOW_CLOSED,
    # Not on WhatsApp, test list, opt-out, country, username ids not allowed here.
    **dict.fromkeys((131026, 131030, 131050, 130497, 131062), v.BAD_RECIPIENT),
    **dict.fromkeys((131049, 130472), v.NOT_DELIVERED),
    # Parameter, self-send, type, identity key.
    **dict.fromkeys((100, 131008, 131009, 131021, 131051, 137000), v.BAD_MESSAGE),
    # The platform could not process the media.
    131053: v.ONE_MORE_TRY,
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), v.FEW_TRIES),
}


def parse_error(reported: Reported, status: int) -> ErrorRule:
    """Returns the rule of an error object."""
    code = reported.code
    verdict = TABLE.get(code)
    if verdict is not None:
        return verdict
    if 200 <= code <= 299:
        return v.NOT_AUTHORIZED
    if 132000 <= code <= 132999:  # templates
        return v.BAD_MESSAGE
    if status == 429:
        return v.THROTTLED
    if reported.transient or status >= 500:
        return v.FEW_TRIES
    return v.BAD_MESSAGE
