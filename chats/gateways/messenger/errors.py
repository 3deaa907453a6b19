"""Meanings of Messenger's errors: by code and subcode, then `is_transient`."""

from __future__ import annotations

from chats.gateways import error_rules as v
from chats.gateways.error_rules import ErrorRule
from chats.gateways.graph import Reported

# (code, subcode); None is any other subcode.
TABLE: dict[tuple[int, int | None], ErrorRule] = {
    (190, None): v.NOT_AUTHORIZED,
    (10, 2018278): v.WINDOW_CLOSED,
    (10, 2018065): v.WINDOW_CLOSED,
    (10, 2018108): v.UNAVAILABLE,
    # Another app handles the conversation for now.
    (10, 2018300): v.UNAVAILABLE,
    (10, 1893063): ErrorRule("restricted", final=False, scope="account", wait=v.HOUR),
    (10, None): v.NOT_AUTHORIZED,
    (3, None): v.NOT_AUTHORIZED,
    (200, 1545041): v.UNAVAILABLE,
    (200, None): v.NOT_AUTHORIZED,
    (230, None): v.NOT_AUTHORIZED,
    (100, 2018001): v.BAD_RECIPIENT,
    (100, 2018109): v.TOO_LARGE,
    (100, None): v.BAD_MESSAGE,
    (551, None): v.UNAVAILABLE,
    (4, None): v.THROTTLED,
    (17, None): v.THROTTLED,
    (32, None): v.THROTTLED,
    (613, None): v.THROTTLED,
    (80006, None): v.THROTTLED,
    (368, None): v.RESTRICTED,
    (2, 2018344): v.BAD_MESSAGE,
    (1, None): v.FEW_TRIES,
    # May also mean that the person has blocked the page.
    (2, None): v.FEW_TRIES,
    (1200, None): v.FEW_TRIES,
    (10303, None): v.BAD_MESSAGE,
    (2022, None): v.BAD_MESSAGE,
}
# Errors of a person that are temporary when the platform says so.
_TRANSIENT = {v.UNAVAILABLE}


def parse_error(reported: Reported, status: int) -> ErrorRule:
    """Returns the rule of an error object."""
    verdict = TABLE.get((reported.code, reported.subcode)) or TABLE.get(
        (reported.code, None)
    )
    if verdict is None and 200 <= reported.code <= 299:
        verdict = v.NOT_AUTHORIZED
    if verdict in _TRANSIENT and reported.transient:
        return v.FEW_TRIES
    if verdict is not None:
        return verdict
    if status == 429:
        return v.THROTTLED
    if reported.transient or status >= 500:
        return v.FEW_TRIES
    return v.BAD_MESSAGE
