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


def parse_error(answer: Answer, said: str) -> Outcome:
    """Returns the outcome of an unsuccessful response. `said` is its text, masked."""
    messages = listed(answer.object(), "response", "message")
    if any(found(message, "exists") is False for message in messages):
        return v.BAD_RECIPIENT.outcome()
    if found(answer.object(), "response", "message", "exists") is False:
        return v.BAD_RECIPIENT.outcome()
    if answer.status in (401, 403):
        return v.NOT_AUTHORIZED.outcome(said)
    if answer.status == 429:
        return v.THROTTLED.outcome(said, answer.retry_after)
    if answer.status == 413:
        return v.TOO_LARGE.outcome(said)
    if not answer.object():
        if answer.status >= 500:
            return v.maybe("unreadable", answer.status)
        return v.WRONG_PROGRAM.outcome(answer.status)
    if _DISCONNECTED.search(said):
        return v.NOT_CONNECTED.outcome(said)
    if answer.status == 404:
        return v.BAD_SETUP.outcome(said)
    if answer.status >= 500:
        return v.TEMPORARY.outcome(said)
    if answer.status == 400 and _SCHEMA.search(said) and "Error:" not in said:
        return v.BAD_MESSAGE.outcome(said)
    # A database error after WhatsApp accepted the message looks the same.
    return v.maybe("temporary", said)


def said_in(answer: Answer) -> str:
    """Returns the text of an error response."""
    body = answer.object()
    message = found(body, "response", "message")
    if isinstance(message, list):
        return "; ".join(text(line) for line in message if not isinstance(line, dict))
    return text(message) or text(body.get("message")) or text(body.get("error"))
