"""Code shared by the fakes of Meta: tokens, errors and signed webhooks."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hci_center.demo.gateways.recorded import Recorded, Reply
from hci_center.demo.gateways.server import FakeServer

_numbers = itertools.count(1)


class GraphError(Exception):
    """A Graph API error object and its HTTP status."""

    def __init__(
        self, code: int, message: str = "", subcode: int = 0, status: int = 400
    ) -> None:
        error: dict[str, Any] = {
            "message": message or f"(#{code})",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "A1b2C3",
        }
        if subcode:
            error["error_subcode"] = subcode
        self.reply = Reply(status, {"error": error})
        super().__init__(message)


class FakeGraph(FakeServer):
    """`people` are the customers, with the time of each one's last message."""

    def __init__(self, port: int = 0, *, token: str, secret: str) -> None:
        self.token, self.secret = token, secret
        self.people: dict[str, datetime] = {}
        self.away: set[str] = set()
        # Deleted messages: quoting one is refused.
        self.forgotten: set[str] = set()
        self.media: dict[str, tuple[bytes, str]] = {}
        super().__init__(port)

    def headers_of(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}

    def answer(self, request: Recorded) -> Reply:
        try:
            return self.act(request)
        except GraphError as error:
            return error.reply

    def act(self, request: Recorded) -> Reply:
        """Returns the response. Raises GraphError."""
        raise NotImplementedError

    def require_token(self, request: Recorded) -> None:
        if "access_token" in request.query:
            raise AssertionError("a token in an address ends up in logs")
        if request.bearer != self.token:
            message = f"Error validating access token {request.bearer}"
            raise GraphError(190, message, status=401)

    def require_quotable(self, quoted: str) -> None:
        if quoted in self.forgotten:
            raise GraphError(100, "(#100) Invalid parameter")

    def wrote_within(self, person: str, window: timedelta) -> bool:
        return datetime.now(UTC) - self.people[person] <= window


def new_number() -> int:
    return next(_numbers)
