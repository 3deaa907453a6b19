"""Sending through a session of WPPConnect."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from chats.gateways import verdicts as v
from chats.gateways.base import (
    Accepted,
    Account,
    Failed,
    Fetched,
    Health,
    Media,
    Outcome,
    Outgoing,
    SessionState,
    Untold,
)
from chats.gateways.bounded import Patience
from chats.gateways.encoded import decoded
from chats.gateways.http import FILE, Answer, Call, Http, NoAnswerError, mask
from chats.gateways.payload import Payload, as_json, as_json_with_file
from chats.gateways.readings import found, text
from chats.gateways.reasons import sentence
from chats.gateways.whatsapp_web import LID, jid_of, person_id

# The call waits until WhatsApp's server has taken the message.
PATIENCE = Patience(read=60.0, total=75.0)
MEDIA_CAP = 36 * 2**20
STATES: dict[str, SessionState] = {
    "CONNECTED": "open",
    "INITIALIZING": "connecting",
    "QRCODE": "qr",
    "PHONECODE": "qr",
    "CLOSED": "closed",
}
# Said by faults that come before the browser page is asked to send.
_BEFORE_SENDING = re.compile(r"(WAPI|WPP) is not defined|not logged|no session", re.I)


class WPPConnect(Untold):
    """`Account.id` is the session, its token the session's."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if not account.url or not account.id:
            return v.BAD_SETUP.outcome()
        if out.template is not None:
            return v.NO_TEMPLATES.outcome()
        method, payload = _request(out)
        try:
            answer = self._call(account, "send", "POST", method, payload)
        except NoAnswerError as error:
            return error.failed()
        if not answer.ok:
            return self._refusal(account, out, answer)
        return _accepted(answer) or v.maybe("unreadable")

    def _refusal(self, account: Account, out: Outgoing, answer: Answer) -> Outcome:
        body = answer.object()
        said = mask(_said(body), account.token)
        if answer.status == 400 and body:
            # The check answers so when it failed itself too, and the send that it
            # guards goes on all the same.
            if self._is_unknown(account, out.to):
                return v.BAD_RECIPIENT.outcome()
            return v.maybe("temporary", said)
        if answer.status == 401 and "Sending the file is mandatory" in said:
            return v.BAD_MESSAGE.outcome(said)
        if answer.status in (401, 403):
            return v.NOT_AUTHORIZED.outcome(said)
        if answer.status == 404 and text(body.get("status")) == "Disconnected":
            return v.NOT_CONNECTED.outcome()
        if answer.status == 413 or "file_too_large" in said:
            return v.TOO_LARGE.outcome()
        if answer.status == 429:
            return v.THROTTLED.outcome(said, answer.retry_after)
        if answer.status >= 500 and body and _BEFORE_SENDING.search(said):
            return v.TEMPORARY.outcome(said)
        if answer.status >= 500:
            return v.maybe("temporary", said or answer.status)
        return v.WRONG_PROGRAM.outcome(answer.status)

    def _is_unknown(self, account: Account, to: str) -> bool:
        """Whether the number check says, asked by itself, that there is nobody."""
        path = f"check-number-status/{quote(_phone(to), safe='')}"
        try:
            answer = self._call(account, "check number", "GET", path)
        except NoAnswerError:
            return False
        body = answer.object()
        exists = found(body, "response", "numberExists")
        if exists is None:
            exists = body.get("numberExists")
        return answer.ok and exists is False

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Found by the id that we gave the message. Not found proves nothing: a
        send that answered with a fault may still be under way."""
        name = own_id(out)
        if name is None:
            return None
        try:
            path = f"message-by-id/{quote(name, safe='')}"
            answer = self._call(account, "lookup", "GET", path)
        except NoAnswerError:
            return None
        return _accepted(answer) if answer.ok else None

    def health(self, account: Account) -> Health:
        if not account.url or not account.id:
            return Health("closed", sentence("bad_setup"))
        try:
            answer = self._call(account, "health", "GET", "status-session")
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        if answer.status in (401, 403):
            return Health("closed", sentence("not_authorized"))
        body = answer.object()
        state = STATES.get(text(body.get("status")))
        if not answer.ok or state is None:
            return Health("closed", sentence("not_connected"))
        reason = "" if state == "open" else sentence("not_connected")
        qr = text(body.get("urlcode")) or text(body.get("qrcode"))
        return Health(state, reason, qr if state == "qr" else "")

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        path = f"get-media-by-message/{quote(media.id, safe='')}"
        try:
            answer = self._call(account, "media", "GET", path, cap=MEDIA_CAP)
        except NoAnswerError as error:
            return Failed(error.code, sentence(error.code))
        content = decoded(text(answer.object().get("base64"), longest=MEDIA_CAP))
        if not answer.ok or not content:
            return Failed("unreadable", sentence("unreadable", answer.status))
        mime = text(answer.object().get("mimetype")) or media.mime
        return Fetched(content, mime.partition(";")[0].strip(), media.name)

    def _call(
        self,
        account: Account,
        what: str,
        method: str,
        path: str,
        payload: Payload | None = None,
        **more: Any,
    ) -> Answer:
        large = what == "media" or path.endswith("base64")
        return self._http.call(
            Call(
                account,
                what,
                method,
                f"{account.url}/api/{quote(account.id, safe='')}/{path}",
                {"Authorization": f"Bearer {account.token}"},
                payload,
                FILE if large else PATIENCE,
                **more,
            )
        )


def _phone(to: str) -> str:
    """The part that the server wants: it appends `@c.us` or `@lid` by itself."""
    return to.removeprefix(LID)


def own_id(out: Outgoing) -> str | None:
    """An id of ours for the message, so that it can be asked for later.

    Its middle must be the chat exactly as the server resolves it, so only where the
    server itself has named the person so.
    """
    if not out.is_canonical:
        return None
    suffix = "3EB0" + out.uuid.replace("-", "").upper()[:18]
    return f"true_{jid_of(out.to, 'c.us')}_{suffix}"


def _request(out: Outgoing) -> tuple[str, Payload]:
    is_lid = out.to.startswith(LID)
    body: dict[str, Any] = {"phone": _phone(out.to), "isGroup": False, "isLid": is_lid}
    name = own_id(out)
    body["options"] = {"messageId": name} if name else {}
    if out.file is None:
        return "send-message", as_json({**body, "message": out.text})
    prefix = f"data:{out.file.mime};base64,"
    if out.file.is_voice:
        body["base64Ptt"] = prefix
        return "send-voice-base64", as_json_with_file(body, "base64Ptt", out.file)
    body |= {"base64": prefix, "filename": out.file.name, "caption": ""}
    return "send-file-base64", as_json_with_file(body, "base64", out.file)


def _accepted(answer: Answer) -> Accepted | None:
    response = answer.object().get("response")
    message = found(response, 0) if isinstance(response, list) else response
    name = found(message, "id")
    if isinstance(name, dict):
        name = name.get("_serialized")
    if not isinstance(name, str) or not name:
        return None
    chat = name.split("_")[1] if name.count("_") >= 2 else ""
    return Accepted((name[:255],), person_id(chat) or None)


def _said(body: dict[str, Any]) -> str:
    parts = (body.get("message"), body.get("error"), found(body, "error", "message"))
    return "; ".join(filter(None, map(text, parts)))
