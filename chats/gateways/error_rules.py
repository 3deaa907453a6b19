"""Meanings of gateway errors, used by the error tables of the drivers."""

from __future__ import annotations

from dataclasses import dataclass

from chats.gateways.base import Failed, Rejected, Scope
from chats.gateways.error_messages import sentence

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One meaning of an error: Rejected if `final`, else Failed.

    `wait` is the minimum pause of the account, or the minimum delay of the next
    attempt.
    """

    code: str
    final: bool
    scope: Scope = "message"
    wait: float = 0
    tries: int | None = None

    def outcome(
        self, detail: object = "", hint: float | None = None
    ) -> Rejected | Failed:
        """Returns the outcome, with the gateway's text and the delay it requested."""
        reason = sentence(self.code, detail)
        wait = max(self.wait, hint or 0)
        if self.final:
            return Rejected(self.code, reason, self.scope, wait)
        return Failed(
            self.code,
            reason,
            "account" if self.scope == "account" else "contact",
            wait or None,
            tries=self.tries,
        )


# This message can never be sent.
BAD_MESSAGE = ErrorRule("bad_message", final=True)
TOO_LARGE = ErrorRule("too_large", final=True)
WINDOW_CLOSED = ErrorRule("window_closed", final=True)
NOT_DELIVERED = ErrorRule("not_delivered", final=True)
NO_TEMPLATES = ErrorRule("no_templates", final=True)
# No message to this person can be sent.
BAD_RECIPIENT = ErrorRule("bad_recipient", final=True, scope="contact")
UNAVAILABLE = ErrorRule("recipient_unavailable", final=True, scope="contact")
# Nothing of the account is sent until somebody acts.
NOT_AUTHORIZED = ErrorRule("not_authorized", final=True, scope="account", wait=MINUTE)
BAD_SETUP = ErrorRule("bad_setup", final=True, scope="account", wait=MINUTE)
RESTRICTED = ErrorRule("restricted", final=True, scope="account", wait=HOUR)
# Nothing of the account is sent for a while.
THROTTLED = ErrorRule("throttled", final=False, scope="account", wait=SECOND)
THROTTLED_LONG = ErrorRule("throttled", final=False, scope="account", wait=HOUR)
NOT_CONNECTED = ErrorRule("not_connected", final=False, scope="account")
WRONG_PROGRAM = ErrorRule("wrong_program", final=False, scope="account", wait=MINUTE)
# This message may be sent later.
TEMPORARY = ErrorRule("temporary", final=False, scope="contact")
FEW_TRIES = ErrorRule("temporary", final=False, scope="contact", tries=4)
ONE_MORE_TRY = ErrorRule("temporary", final=False, scope="contact", tries=2)
PAIR_THROTTLED = ErrorRule("throttled", final=False, scope="contact", wait=6 * SECOND)


def maybe(code: str, detail: object = "") -> Failed:
    """Returns a failure after which the message may have been sent."""
    return Failed(code, sentence(code, detail), maybe_sent=True)
