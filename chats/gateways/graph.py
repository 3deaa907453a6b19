"""Meta's Graph API, shared by Messenger and the WhatsApp Cloud API."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chats.gateways import error_rules
from chats.gateways.base import (
    Account,
    Failed,
    Fetched,
    Media,
    Outcome,
    Outgoing,
    Rejected,
)
from chats.gateways.error_rules import BAD_MESSAGE, ErrorRule
from chats.gateways.events import BadSignatureError, WebhookItem
from chats.gateways.http import ANSWER_CAP, FILE, TEXT, Answer, Call, Http, mask
from chats.gateways.parsing import found, retry_after
from chats.gateways.streaming_body import Payload
from chats.gateways.trusted_download import download
from chats.gateways.webhook_json import read_object

logger = logging.getLogger(__name__)

VERSION = "v25.0"
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")

Code = int | tuple[int, int | None]
# App secrets, and the accounts that each may report on: None for all.
Secrets = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Reported:
    """The `error` object of a response."""

    code: int
    subcode: int
    transient: bool | None
    said: str


class Graph:
    """Client that sends the token in a header and classifies the responses."""

    def __init__(
        self,
        http: Http,
        judge: Callable[[Reported, int], ErrorRule],
        media_hosts: tuple[str, ...] = (),
    ) -> None:
        self._http, self._judge = http, judge
        self.media_hosts = media_hosts

    def post(
        self, account: Account, what: str, path: str, payload: Payload, *, large: bool
    ) -> Answer:
        """Raises NoAnswerError."""
        return self._call(account, what, "POST", path, payload, large=large)

    def get(
        self, account: Account, what: str, path: str, *, cap: int = ANSWER_CAP
    ) -> Answer:
        """Raises NoAnswerError, also for a response of more than `cap` bytes."""
        return self._call(account, what, "GET", path, None, large=False, cap=cap)

    def _call(
        self,
        account: Account,
        what: str,
        method: str,
        path: str,
        payload: Payload | None,
        *,
        large: bool,
        cap: int = ANSWER_CAP,
    ) -> Answer:
        return self._http.call(
            Call(
                account,
                what,
                method,
                f"{account.url}/{path}",
                {"Authorization": f"Bearer {account.token}"},
                payload,
                FILE if large else TEXT,
                cap,
            )
        )

    def refusal(self, account: Account, answer: Answer) -> Outcome | None:
        """Returns the outcome of a refused request, or None if it was not refused.

        The error object takes precedence over the status: errors come with 200 too.
        """
        reported = read_error(answer)
        if reported is not None:
            said = mask(reported.said, account.token)
            verdict = self._judge(reported, answer.status)
            return verdict.outcome(f"{reported.code}: {said}", retry_after_hint(answer))
        if answer.status == 429:
            return error_rules.THROTTLED.outcome(hint=retry_after_hint(answer))
        if answer.status >= 500:
            return error_rules.maybe("unreadable", answer.status)
        if not answer.ok:
            return error_rules.WRONG_PROGRAM.outcome(answer.status)
        return None

    def download(
        self, account: Account, media: Media, *, signed: bool
    ) -> Fetched | Failed:
        """Returns the bytes at a link from Meta; other hosts' links are not opened."""
        headers = {"Authorization": f"Bearer {account.token}"} if signed else {}
        return download(self._http, account, media, self.media_hosts, headers)


def read_error(answer: Answer) -> Reported | None:
    """Returns the error object of a response, or None if it has none."""
    error = answer.object().get("error")
    if not isinstance(error, dict):
        return None
    details = found(error, "error_data", "details")
    said = details or error.get("error_user_msg") or error.get("message") or ""
    transient = error.get("is_transient")
    return Reported(
        _whole(error.get("code")),
        _whole(error.get("error_subcode")),
        transient if isinstance(transient, bool) else None,
        str(said),
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def retry_after_hint(answer: Answer) -> float | None:
    """Returns the delay in seconds that the platform requests, at most a day."""
    hints = [answer.retry_after]
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        for cases in usage.values():
            for case in cases:
                minutes = case.get("estimated_time_to_regain_access", 0)
                hints.append(retry_after(float(minutes) * 60))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    return max(filter(None, hints), default=None)


def for_other_token(outcome: Outcome) -> Outcome:
    """Returns the outcome under a token that is not the account's.

    It must not block the account.
    """
    if isinstance(outcome, Rejected) and outcome.scope == "account":
        return replace(outcome, scope="message")
    return outcome


def is_refused_for_quote(out: Outgoing, outcome: Outcome) -> bool:
    """Returns whether a message may have been refused only for the message it quotes.

    A quoted message that no longer exists must not block the reply.
    """
    is_bad = isinstance(outcome, Rejected) and outcome.code == BAD_MESSAGE.code
    return is_bad and bool(out.reply_to)


def is_signed(secret: str, headers: Mapping[str, str], raw: bytes) -> bool:
    """Returns whether X-Hub-Signature-256 is the HMAC of exactly the received bytes."""
    match = _SIGNATURE.fullmatch(headers.get("x-hub-signature-256", ""))
    if not match or not secret:
        return False
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, match[1])


def signed_pieces(
    secrets: Secrets,
    headers: Mapping[str, str],
    raw: bytes,
    pieces_of: Callable[[dict[str, Any]], Iterable[WebhookItem]],
) -> list[WebhookItem]:
    """Returns the pieces of a body signed with one of the app secrets.

    Pieces of accounts that the secret may not report on are left out. Raises
    BadSignatureError, and MalformedError if the body is not a JSON object.
    """
    # All secrets are tried, so that the timing does not reveal which one matched.
    fits = [ids for key, ids in secrets.items() if is_signed(key, headers, raw)]
    if not fits:
        raise BadSignatureError
    pieces = list(pieces_of(read_object(raw)))
    if None in fits:
        return pieces
    accounts = {account for ids in fits if ids for account in ids}
    permitted = [piece for piece in pieces if piece.account in accounts]
    # Not an error: Meta would repeat the body for days, and then disable the webhook.
    if ignored := len(pieces) - len(permitted):
        logger.warning("%d events of accounts of another app are ignored", ignored)
    return permitted


def answer_handshake(token: str, query: Mapping[str, str]) -> str:
    """Returns the challenge that proves the address is ours.

    Raises BadSignatureError.
    """
    given = query.get("hub.verify_token", "")
    fits = hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())
    if query.get("hub.mode") != "subscribe" or not token or not fits:
        raise BadSignatureError
    return query.get("hub.challenge", "")
