"""Meanings of Evolution's errors: nearly all of them are a 400 with a text."""

from __future__ import annotations

import re

from chats.gateways import error_rules as v
from chats.gateways.base import Outcome
from chats.gateways.http import Answer
from chats.gateways.parsing import found, listed, text

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
    messages = listed(answer.object(), "response", "message")
    if any(found(part, "exists") is False for part in messages):
        return v.BAD_RECIPIENT.outcome()
    if found(answer.object(), "response", "message", "exists") is False:
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
    message = found(body, "response", "message")
    if isinstance(message, list):
        return "; ".join(text(line) for line in message if not isinstance(line, dict))
    return text(message) or text(body.get("message")) or text(body.get("error"))
