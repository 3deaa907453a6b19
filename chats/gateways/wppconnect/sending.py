"""Sends through a session of WPPConnect server."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

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
from chats.gateways.base64_media import decoded
from chats.gateways.captions import caption_after, with_caption
from chats.gateways.deadline_adapter import Timeouts
from chats.gateways.error_messages import sentence
from chats.gateways.http import FILE, Answer, Call, Http, NoAnswerError, mask
from chats.gateways.jids import LID, jid_of, person_id, serialized
from chats.gateways.parsing import found, text
from chats.gateways.streaming_body import Payload, as_json, as_json_with_file

# The call returns only when WhatsApp's server has accepted the message.
TIMEOUTS = Timeouts(read=60.0, total=75.0)
MEDIA_CAP = 36 * 2**20
STATES: dict[str, SessionState] = {
    "CONNECTED": "open",
    "INITIALIZING": "connecting",
    "QRCODE": "qr",
    "PHONECODE": "qr",
    "CLOSED": "closed",
}
FILE_TYPES = {
    "image": "image",
    "sticker": "sticker",
    "video": "video",
    "audio": "audio",
}
# Texts of faults that occur before the browser page is asked to send.
_BEFORE_SENDING = re.compile(r"(WAPI|WPP) is not defined|not logged|no session", re.I)


class WPPConnect(NoProfileMixin):
    """Client of WPPConnect. `Account.id` is the session, its token the session's."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if not account.url or not account.id:
            return v.BAD_SETUP.outcome()
        if out.template is not None:
            return v.NO_TEMPLATES.outcome()
        outcome = self._send(account, out)
        caption = caption_after(out)
        if isinstance(outcome, Accepted) and caption is not None:
            return with_caption(outcome, self._send(account, caption))
        return outcome

    def _send(self, account: Account, out: Outgoing) -> Outcome:
        try:
            answer = self._post(account, out)
            if (
                answer.status == 500
                and out.reply_to
                and self._is_quote_missing(account, out)
            ):
                answer = self._post(account, replace(out, reply_to=""))
        except NoAnswerError as error:
            return error.failed()
        if not answer.ok:
            return self._refusal(account, out, answer)
        return _sent(answer) or v.maybe("unreadable")

    def _post(self, account: Account, out: Outgoing) -> Answer:
        method, payload = _request(out)
        return self._call(account, "send", "POST", method, payload)

    def _is_quote_missing(self, account: Account, out: Outgoing) -> bool:
        """Returns whether the session does not have the quoted message.

        Then the send failed before anything was sent; the fault itself has no text and
        does not show it.
        """
        answer = self._message(account, out.reply_to)
        return answer is not None and bool(answer.object()) and not _found(answer)

    def _refusal(self, account: Account, out: Outgoing, answer: Answer) -> Outcome:
        body = answer.object()
        message = mask(_error_text(body), account.token)
        if answer.status == 400 and body:
            # The number check also answers this when it fails itself, and the send that
            # it guards continues all the same.
            if self._is_unknown(account, out.to):
                return v.BAD_RECIPIENT.outcome()
            return v.maybe("temporary", message)
        if answer.status == 401 and "Sending the file is mandatory" in message:
            return v.BAD_MESSAGE.outcome(message)
        if answer.status in (401, 403):
            return v.NOT_AUTHORIZED.outcome(message)
        if answer.status == 404 and text(body.get("status")) == "Disconnected":
            return v.NOT_CONNECTED.outcome()
        if answer.status == 413 or "file_too_large" in message:
            return v.TOO_LARGE.outcome()
        if answer.status == 429:
            return v.THROTTLED.outcome(message, answer.retry_after)
        if answer.status >= 500 and body and _BEFORE_SENDING.search(message):
            return v.TEMPORARY.outcome(message)
        if answer.status >= 500:
            return v.maybe("temporary", message or answer.status)
        return v.WRONG_PROGRAM.outcome(answer.status)

    def _is_unknown(self, account: Account, to: str) -> bool:
        """Returns whether a separate number check finds no such recipient."""
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
        """Looks the message up by the id that we gave it.

        A missing message proves nothing: a send that answered with a fault may still be
        in progress.
        """
        accepted = self._find(account, out)
        caption = caption_after(out)
        if accepted is not None and caption is not None:
            missing = Failed("never_arrived", sentence("never_arrived"))
            return with_caption(accepted, self._find(account, caption) or missing)
        return accepted

    def _find(self, account: Account, out: Outgoing) -> Accepted | None:
        name = own_id(out)
        if name is None:
            return None
        answer = self._message(account, name)
        return _found(answer) if answer else None

    def _message(self, account: Account, name: str) -> Answer | None:
        """Returns the session's data on a message, or None if it does not answer."""
        try:
            path = f"message-by-id/{quote(name, safe='')}"
            return self._call(account, "lookup", "GET", path)
        except NoAnswerError:
            return None

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
        told = answer.object()
        content = decoded(text(told.get("base64"), longest=MEDIA_CAP))
        if not answer.ok or not content:
            return Failed("unreadable", sentence("unreadable", answer.status))
        mime = text(told.get("mimetype")) or media.mime
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
                FILE if large else TIMEOUTS,
                **more,
            )
        )


def _phone(to: str) -> str:
    """Returns the part that the server expects: it appends `@c.us` or `@lid` itself."""
    return to.removeprefix(LID)


def own_id(out: Outgoing) -> str | None:
    """Returns our own id for the message, by which it can be looked up later.

    The middle of the id must be the chat exactly as the server resolves it, so there is
    one only for recipients whose id came from the server.
    """
    if not out.is_canonical:
        return None
    suffix = "3EB0" + out.uuid.replace("-", "").upper()[:18]
    return f"true_{jid_of(out.to, 'c.us')}_{suffix}"


def _request(out: Outgoing) -> tuple[str, Payload]:
    is_lid = out.to.startswith(LID)
    options: dict[str, Any] = {}
    body = {"phone": _phone(out.to), "isGroup": False, "isLid": is_lid}
    body["options"] = options
    if name := own_id(out):
        options["messageId"] = name
    if out.file is None:
        if out.reply_to:
            options["quotedMsg"] = out.reply_to
        return "send-message", as_json({**body, "message": out.text})
    if out.reply_to:
        body["quotedMessageId"] = out.reply_to
    prefix = f"data:{out.file.mime};base64,"
    if out.file.is_voice:
        body["base64Ptt"] = prefix
        return "send-voice-base64", as_json_with_file(body, "base64Ptt", out.file)
    # Detected from the file, it would send a document that is a picture as a picture.
    options["type"] = FILE_TYPES.get(out.kind, "document")
    body |= {"base64": prefix, "filename": out.file.name}
    # An empty caption is shown too, as the file's name.
    if out.caption and options["type"] not in ("audio", "sticker"):
        body["caption"] = out.caption
    return "send-file-base64", as_json_with_file(body, "base64", out.file)


def _sent(answer: Answer) -> Accepted | None:
    response = answer.object().get("response")
    return _accepted(found(response, 0) if isinstance(response, list) else response)


def _found(answer: Answer) -> Accepted | None:
    """Without the message there is an error, or `false` in its place."""
    if not answer.ok:
        return None
    return _accepted(found(answer.object(), "response", "data"))


def _accepted(message: Any) -> Accepted | None:
    name = serialized(found(message, "id"))
    if not name:
        return None
    chat = name.split("_")[1] if name.count("_") >= 2 else ""
    return Accepted((name[:255],), person_id(chat) or None)


def _error_text(body: dict[str, Any]) -> str:
    parts = (body.get("message"), body.get("error"), found(body, "error", "message"))
    return "; ".join(filter(None, map(text, parts)))
