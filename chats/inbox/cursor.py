"""The opaque `next` cursor of the list of chats, bound to the list's filters."""

from __future__ import annotations

import base64
import hmac
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from hci_center.signing import digest, digests

_PURPOSE = "chat-list"
_SIGNATURE = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ForeignCursorError(ValueError):
    """The cursor is invalid, or belongs to a list with other filters."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last chat of a page, and data to find chats that moved since the first page.

    `value` (a time in microseconds) and `chat_id` are its place in the order. `value`
    is None once the order is exhausted: the chats that moved meanwhile follow, by id.
    `since` is the oldest transaction that the first page may not have seen, `began` the
    time of that page and `top` the value of its first chat.
    """

    since: int
    began: int
    top: int = 0
    value: int | None = None
    chat_id: int = 0

    @property
    def is_tail(self) -> bool:
        return self.value is None

    def after(self, value: int, chat_id: int) -> Cursor:
        return replace(self, value=value, chat_id=chat_id)

    def tail(self, chat_id: int = 0) -> Cursor:
        return replace(self, value=None, chat_id=chat_id)

    def parameters(self) -> dict[str, Any]:
        """Returns the parameters of the statements of `chats.inbox.list`."""
        return {
            "value": None if self.value is None else _time(self.value),
            "chat": self.chat_id,
            "since": self.since % 2**32,
            "began": _time(self.began),
            "top": _time(self.top),
        }

    def encode(self, filters: str) -> str:
        text = orjson.dumps(astuple(self))
        signature = digest(_PURPOSE, _signed(text, filters))[:_SIGNATURE]
        return base64.urlsafe_b64encode(signature + text).rstrip(b"=").decode()

    @classmethod
    def decode(cls, given: str, filters: str) -> Cursor:
        """Raises ForeignCursorError."""
        try:
            raw = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
            signature, text = raw[:_SIGNATURE], raw[_SIGNATURE:]
            expected = digests(_PURPOSE, _signed(text, filters))
        except ValueError as error:
            raise ForeignCursorError from error
        if not any(
            hmac.compare_digest(each[:_SIGNATURE], signature) for each in expected
        ):
            raise ForeignCursorError
        return cls(*orjson.loads(text))


def _signed(text: bytes, filters: str) -> str:
    return f"{text.decode()} {filters}"


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
