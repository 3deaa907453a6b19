"""Closes chats with the texts of the rules, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from areas.models import ClosingReason
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import Auto, ChatEvent
from chats.rules.automatic import say
from chats.rules.context import RuleContext, lock_context
from chats.rules.survey import ask
from contacts.lookup import lock_contact_and_switch
from contacts.models import Contact
from hci_center.errors import ChatNotFoundError, InvalidError

# The longest code of a reason.
LONGEST_CODE = 32
# The causes that a call may give.
CAUSES = ("resolved", "customer", "idle", "menu")
# For other causes the caller sends its own text, or none.
_WITH_TEXT = frozenset({"", ChatEvent.Cause.RESOLVED.value})


@dataclass(frozen=True, slots=True)
class Closing:
    """How a chat is closed: the ledger's cause and the code of a reason.

    `asks`: the customer is asked for a rating if the policy says so.
    """

    cause: str = ""
    reason: str = ""
    asks: bool = False


def close_by_call(contact: Contact, closing: Closing, actor: Actor) -> None:
    """Closes the contact's open chat; without rules, like `lifecycle.close_chat`.

    Raises the errors of `close_chat`, and InvalidError for an unknown reason.
    """
    with transaction.atomic():
        locked, has_automation = lock_contact_and_switch(contact.pk)
        if closing.reason:
            require_reason(locked, closing.reason)
        context = lock_context(contact.pk) if has_automation else None
        if context is not None:
            close_with_texts(context, closing, actor)
        elif not close_chat_of_locked(
            locked, actor=actor, cause=closing.cause, reason=closing.reason
        ):
            raise ChatNotFoundError


def close_with_texts(context: RuleContext, closing: Closing, actor: Actor) -> bool:
    """Sends the closing text, asks for a rating and closes the chat.

    Returns whether the customer was asked.
    """
    if closing.cause in _WITH_TEXT:
        say(context, context.policy.closing_text, Auto.CLOSING)
    is_asked = closing.asks and ask(context)
    close_chat_of_locked(
        context.contact, actor=actor, cause=closing.cause, reason=closing.reason
    )
    return is_asked


def require_reason(contact: Contact, reason: str) -> None:
    """Raises InvalidError if the contact's area has no such closing reason."""
    if reason not in reasons_for(contact):
        sentence = _("There is no closing reason with the code %s.") % reason
        raise InvalidError({"reason": [sentence]})


def reasons_for(contact: Contact) -> set[str]:
    """Returns the codes of the closing reasons that the contact's area offers."""
    reasons = ClosingReason.objects.filter(
        Q(area=None) | Q(area=contact.area_id),
        manager=contact.manager_id,
        is_active=True,
    )
    return set(reasons.values_list("code", flat=True))
