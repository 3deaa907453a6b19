"""Meanings of Evolution's errors: nearly all of them are a 400 with a text."""

from __future__ import annotations

import re
from typing import Any

from chats.gateways import error_rules as v
from chats.gateways.base import Outcome
from chats.gateways.http import Answer
from chats.gateways.parsing import found, text

_DISCONNECTED = re.compile(
    r"Connection (Closed|Lost)|Timed? ?Out|not connected|Connection was lost", re.I
)
# Texts from before anything was tried; those of failed sends begin with "Error:".
_SCHEMA = re.compile(
    r"requires property|is not (any|one|exactly|of a|allowed)|does not (match|conform)"
    r"|must be|is required|Owned media|base64|file ?name",
    re.I,
)


def parse_error(answer: Answer, message: str) -> Outcome:
    """Returns the outcome of a failed response. `message` is its text, masked."""
    if any(found(part, "exists") is False for part in _messages(answer)):
        return v.BAD_RECIPIENT.outcome()
    if answer.status in (401, 403):
        return v.NOT_AUTHORIZED.outcome(message)
    if answer.status == 429:
        return v.THROTTLED.outcome(message, answer.retry_after)
    if answer.status == 413:
        return v.TOO_LARGE.outcome(message)
    if not answer.object():
        if answer.status >= 500:
            return v.maybe("unreadable", answer.status)
        return v.WRONG_PROGRAM.outcome(answer.status)
    if _DISCONNECTED.search(message):
        return v.NOT_CONNECTED.outcome(message)
    if answer.status == 404:
        return v.BAD_SETUP.outcome(message)
    if answer.status >= 500:
        return v.TEMPORARY.outcome(message)
    if answer.status == 400 and _SCHEMA.search(message) and "Error:" not in message:
        return v.BAD_MESSAGE.outcome(message)
    # A database error after WhatsApp accepted the message looks the same.
    return v.maybe("temporary", message)


def said_in(answer: Answer) -> str:
    """Returns the text of an error response."""
    body = answer.object()
    if said := "; ".join(filter(None, map(text, _messages(answer)))):
        return said
    return text(body.get("message")) or text(body.get("error"))


def _messages(answer: Answer) -> list[Any]:
    """Returns the messages of an error response: texts, and objects about numbers.

    Those of a schema error are a list in the list.
    """
    message = found(answer.object(), "response", "message")
    several = message if isinstance(message, list) else [message]
    inner = (one if isinstance(one, list) else [one] for one in several)
    return [one for some in inner for one in some]
