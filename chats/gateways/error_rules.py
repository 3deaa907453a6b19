"""What a gateway's error means for us; the tables of the drivers are made of these."""

from __future__ import annotations

from dataclasses import dataclass

from chats.gateways.base import Failed, Rejected, Scope
from chats.gateways.error_messages import sentence

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One meaning: `final` ones become Rejected, the others Failed.

    `wait` is the least pause of the account, or the least delay of the next try.
    """

    code: str
    final: bool
    scope: Scope = "message"
    wait: float = 0
    tries: int | None = None

    def outcome(
        self, detail: object = "", hint: float | None = None
    ) -> Rejected | Failed:
        """The outcome, with what the gateway said and how long it wants us away."""
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


# This message will never go.
BAD_MESSAGE = ErrorRule("bad_message", final=True)
TOO_LARGE = ErrorRule("too_large", final=True)
WINDOW_CLOSED = ErrorRule("window_closed", final=True)
NOT_DELIVERED = ErrorRule("not_delivered", final=True)
NO_TEMPLATES = ErrorRule("no_templates", final=True)
# Nor will any other to this person.
BAD_RECIPIENT = ErrorRule("bad_recipient", final=True, scope="contact")
UNAVAILABLE = ErrorRule("recipient_unavailable", final=True, scope="contact")
# Nothing of the account goes until somebody acts.
NOT_AUTHORIZED = ErrorRule("not_authorized", final=True, scope="account", wait=MINUTE)
BAD_SETUP = ErrorRule("bad_setup", final=True, scope="account", wait=MINUTE)
RESTRICTED = ErrorRule("restricted", final=True, scope="account", wait=HOUR)
# Nothing of the account goes for a while.
THROTTLED = ErrorRule("throttled", final=False, scope="account", wait=SECOND)
THROTTLED_LONG = ErrorRule("throttled", final=False, scope="account", wait=HOUR)
NOT_CONNECTED = ErrorRule("not_connected", final=False, scope="account")
WRONG_PROGRAM = ErrorRule("wrong_program", final=False, scope="account", wait=MINUTE)
# This one may go later.
TEMPORARY = ErrorRule("temporary", final=False, scope="contact")
FEW_TRIES = ErrorRule("temporary", final=False, scope="contact", tries=4)
ONE_MORE_TRY = ErrorRule("temporary", final=False, scope="contact", tries=2)
PAIR_THROTTLED = ErrorRule("throttled", final=False, scope="contact", wait=6 * SECOND)


def maybe(code: str, detail: object = "") -> Failed:
    """It may have gone out."""
    return Failed(code, sentence(code, detail), maybe_sent=True)
