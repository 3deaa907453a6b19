"""Attempts to send one outgoing message.

An attempt calls the gateway and does not use the database; `chats.delivery.results`
writes its outcome and makes no calls. No transaction spans both, so a slow gateway only
delays its own message.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from chats.accounts.registry import GatewayRegistry
from chats.delivery.queue import Job
from chats.files.storage import may_be_elsewhere
from chats.gateways.base import Accepted, Failed, File, Outcome, Rejected
from chats.messages.receipts import MAYBE_DELIVERED

# The pause of an account whose credentials cannot be decrypted, in seconds.
UNREADABLE_PAUSE = 60.0


def attempt(drivers: GatewayRegistry, job: Job) -> Outcome:
    """Makes one attempt to send the message and returns its outcome.

    A message that may have been sent already is sent again only if the gateway is
    idempotent; otherwise it is first looked up at the gateway.
    """
    if job.ref.is_unreadable:
        return _cannot_ask(job)
    missing = _missing(job.out.file)
    if missing is not None:
        return missing
    gateway = drivers[job.ref.driver]
    may_be_sent = (job.outcome_unknown or job.has_waited) and not job.idempotent
    if job.refusal and not may_be_sent:
        # The manager's gateway has changed since the message was stored.
        return Rejected("bad_message", job.refusal)
    if not may_be_sent:
        outcome = gateway.send(job.ref.account, job.out)
        if not isinstance(outcome, Failed) or not outcome.maybe_sent or job.idempotent:
            return outcome
        return gateway.lookup(job.ref.account, job.out) or outcome
    found = gateway.lookup(job.ref.account, job.out)
    if isinstance(found, Accepted):
        return found
    if found is not None:
        return gateway.send(job.ref.account, job.out)
    return _in_doubt(job)


def _in_doubt(job: Job) -> Outcome:
    if job.has_waited:
        return Rejected(MAYBE_DELIVERED, _("The message may have been delivered."))
    return Failed("cut", _("The attempt was interrupted."), maybe_sent=True)


def _cannot_ask(job: Job) -> Outcome:
    """Returns the outcome for an account whose credentials cannot be decrypted.

    Its messages wait, except those that may have been sent, which cannot be looked up.
    """
    if (job.outcome_unknown or job.has_waited) and not job.idempotent:
        return _in_doubt(job)
    reason = job.ref.unreadable_reason
    return Rejected("bad_setup", reason, scope="account", pause=UNREADABLE_PAUSE)


def broken(job: Job) -> Outcome:
    """Returns the outcome of an attempt that raised an exception.

    The message may have been sent.
    """
    reason = _("The message could not be sent.")
    if job.has_waited:
        return Rejected("broken", reason)
    return Failed("broken", reason, tries=3, maybe_sent=True)


def _missing(file: File | None) -> Outcome | None:
    """Returns the outcome if the file cannot be opened, or None if it can."""
    try:
        if file is not None:
            file.open().close()
    except FileNotFoundError:
        gone = _("The file of the message is gone.")
        if may_be_elsewhere():
            return Failed("no_file", gone)
        return Rejected("bad_message", gone)
    except OSError:
        return Failed("no_file", _("The file of the message cannot be read now."))
    return None
