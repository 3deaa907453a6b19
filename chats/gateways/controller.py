"""Driver of the process behind a manager's `controllerPort`, protocol version 1."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from chats.gateways import error_rules as v
from chats.gateways.base import (
    Accepted,
    Account,
    Failed,
    Fetched,
    Health,
    Media,
    NoProfileMixin,
    Outcome,
    Outgoing,
    SessionState,
)
from chats.gateways.error_messages import sentence
from chats.gateways.error_rules import ErrorRule
from chats.gateways.http import FILE, TEXT, Answer, Call, Http, NoAnswerError, mask
from chats.gateways.parsing import found, retry_after, text
from chats.gateways.streaming_body import Payload, as_json, as_json_with_file

TABLE: dict[int, ErrorRule] = {
    400: v.BAD_MESSAGE,
    401: v.NOT_AUTHORIZED,
    403: v.NOT_AUTHORIZED,
    404: v.BAD_RECIPIENT,
    413: v.TOO_LARGE,
    415: v.BAD_MESSAGE,
    422: v.BAD_MESSAGE,
    429: ErrorRule("throttled", final=False, scope="contact", wait=v.SECOND),
    503: v.NOT_CONNECTED,
}
# The status that belongs to each error code, for refusals that come with another one.
STATUSES = {"invalid": 400, "not_on_whatsapp": 404, "throttled": 429}
STATUSES["not_connected"] = 503
STATES: dict[str, SessionState] = {
    "open": "open",
    "connecting": "connecting",
    "qr": "qr",
    "closed": "closed",
}
# Larger than anything that is sent, and the largest value of the column.
_LARGEST_SIZE = 2**31 - 1
_PHONE = re.compile(r"[0-9]{1,15}")


class Controller(NoProfileMixin):
    """Client of the controller protocol. `Account.url` is the process's address."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if out.template is not None:
            return v.NO_TEMPLATES.outcome()
        path, payload = _request(out)
        try:
            answer = self._call(account, "send", "POST", path, payload)
        except NoAnswerError as error:
            return error.failed()
        if answer.ok and answer.object().get("success") is not False:
            return _accepted(answer, out)
        return _refusal(account, answer)

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Returns the stored result of an attempt.

        A controller that never received the id says so; one that answers repeats with
        the first result can be sent the message again without harm.
        """
        try:
            answer = self._call(account, "lookup", "GET", f"send/{out.uuid}")
        except NoAnswerError:
            return None
        if answer.ok:
            data = answer.object().get("data")
            return _accepted(answer, out) if isinstance(data, dict) else None
        is_ours = isinstance(answer.object().get("error"), dict)
        if answer.status == 404 and is_ours and self.health(account).idempotent:
            return Failed("never_arrived", sentence("never_arrived"))
        return None

    def health(self, account: Account) -> Health:
        try:
            answer = self._call(account, "health", "GET", "health")
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        data = answer.object().get("data")
        if not answer.ok or not isinstance(data, dict):
            # A process older than the protocol: only its sends show how it is.
            return Health("unknown", sentence("wrong_program", answer.status))
        state = STATES.get(text(data.get("state")), "closed")
        number = data.get("number")
        return Health(
            state,
            "" if state == "open" else sentence("not_connected"),
            text(data.get("qr")),
            number if isinstance(number, int) else None,
            data.get("idempotent") is True,
            _size(data.get("maxBytes")),
        )

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        """Always fails: a controller delivers the bytes together with the message."""
        return Failed("bad_message", sentence("bad_message"), tries=1)

    def _call(
        self,
        account: Account,
        what: str,
        method: str,
        path: str,
        payload: Payload | None = None,
    ) -> Answer:
        headers = {"X-HCI-Protocol": "1"}
        if account.token:
            headers["Authorization"] = f"Bearer {account.token}"
        large = path == "send/file"
        return self._http.call(
            Call(
                account,
                what,
                method,
                f"{account.url}/{path}",
                headers,
                payload,
                FILE if large else TEXT,
            )
        )


def _request(out: Outgoing) -> tuple[str, Payload]:
    to = int(out.to) if _PHONE.fullmatch(out.to) else out.to
    body: dict[str, Any] = {"messageId": out.uuid, "contactNumber": to}
    if out.reply_to:
        body["replyTo"] = out.reply_to
    if out.file is None:
        body["content"] = b64encode(out.text.encode()).decode()
        body["content2"] = out.text
        body["operatorId"] = out.operator
        return "send/text", as_json(body)
    body["from"] = out.operator
    body["type"] = out.kind
    body["filename"] = out.file.name
    if out.caption:
        body["caption"] = out.caption
    body["base64"] = f"data:{out.file.mime};base64,"
    return "send/file", as_json_with_file(body, "base64", out.file)


def _size(value: Any) -> int | None:
    """Returns a number of bytes, or None if the value is not one."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    return min(value, _LARGEST_SIZE)


def _accepted(answer: Answer, out: Outgoing) -> Accepted:
    """Returns the accepted outcome.

    A legacy process answers without a readable id; our own id is used then.
    """
    data = answer.object().get("data")
    name = text(found(data, "messageId")) or out.uuid
    canonical = text(found(data, "contactNumber")) or None
    waits = found(data, "status") == "wait"
    return Accepted((name[:255],), canonical, "wait" if waits else "sent")


def _refusal(account: Account, answer: Answer) -> Outcome:
    error = answer.object().get("error")
    is_ours = isinstance(error, dict)
    status = answer.status
    if answer.ok:
        status = STATUSES.get(text(found(error, "code")), status)
    verdict = TABLE.get(status)
    message = mask(text(found(error, "message") or error), account.token)
    if verdict is None and (is_ours or answer.ok):
        # How far it got before its fault is unknown.
        return v.maybe("temporary", message)
    if verdict is None and status >= 500:
        return v.maybe("unreadable", status)
    if verdict is None or (status == 404 and not is_ours):
        # A page of some other server, which says nothing about the number.
        return v.WRONG_PROGRAM.outcome(status)
    hints = (retry_after(found(error, "retryAfter")), answer.retry_after)
    return verdict.outcome(message, max(filter(None, hints), default=None))
