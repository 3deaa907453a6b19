"""Sends through an instance of Evolution."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from chats.gateways import error_rules
from chats.gateways.base import (
    Accepted,
    Account,
    Failed,
    Fetched,
    File,
    Health,
    Media,
    Outcome,
    Outgoing,
    Profile,
    SessionState,
)
from chats.gateways.base64_media import decoded
from chats.gateways.captions import caption_after, with_caption
from chats.gateways.error_messages import sentence
from chats.gateways.evolution.errors import parse_error, said_in
from chats.gateways.file_names import named_as
from chats.gateways.http import FILE, TEXT, Answer, Call, Http, NoAnswerError, mask
from chats.gateways.jids import MOST_DIGITS, PHONE_SERVERS, jid_of, person_id
from chats.gateways.parsing import found, text
from chats.gateways.streaming_body import Payload, as_json, as_json_with_file

FILE_CALLS = ("sendMedia", "sendSticker", "sendWhatsAppAudio")
MEDIA_TYPES = {"image": "image", "video": "video", "audio": "audio"}
STATES: dict[str, SessionState] = {"open": "open", "connecting": "connecting"}
MEDIA_CAP = 36 * 2**20


class Evolution:
    """Client of Evolution. `Account.id` is the instance, its token its `apikey`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if not account.url or not account.id:
            return error_rules.BAD_SETUP.outcome()
        if out.template is not None:
            return error_rules.NO_TEMPLATES.outcome()
        if out.to.isdecimal() and len(out.to) > MOST_DIGITS:
            # Evolution would treat it as a group.
            return error_rules.BAD_RECIPIENT.outcome()
        outcome = self._send(account, out)
        caption = caption_after(out)
        if isinstance(outcome, Accepted) and caption is not None:
            return with_caption(outcome, self._send(account, caption))
        return outcome

    def _send(self, account: Account, out: Outgoing) -> Outcome:
        method, payload = _request(out)
        try:
            answer = self._call(account, "send", "POST", f"message/{method}", payload)
        except NoAnswerError as error:
            return error.failed()
        if not answer.ok:
            return parse_error(answer, mask(said_in(answer), account.token))
        name = found(answer.object(), "key", "id")
        if not isinstance(name, str) or not name:
            return error_rules.maybe("unreadable")
        jid = person_id(found(answer.object(), "key", "remoteJid"))
        return Accepted((name,), jid or None)

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Evolution stores no id of ours; its `send.message` event confirms a send."""
        return None

    def health(self, account: Account) -> Health:
        """Requests the state only.

        It is polled, and requesting the QR code would start a connection.
        """
        if not account.url or not account.id:
            return Health("closed", sentence("bad_setup"))
        try:
            answer = self._call(account, "health", "GET", "instance/connectionState")
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        if not answer.ok:
            return self._refused(account, answer)
        return _health(found(answer.object(), "instance", "state"))

    def connect(self, account: Account) -> Health:
        if not account.url or not account.id:
            return Health("closed", sentence("bad_setup"))
        try:
            answer = self._call(account, "connect", "GET", "instance/connect")
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        body = answer.object()
        if not answer.ok or body.get("error"):
            return self._refused(account, answer)
        if qr := text(body.get("code")):
            return Health("qr", sentence("not_connected"), qr)
        # Connected already, or the QR code does not exist yet.
        return _health(found(body, "instance", "state") or "connecting")

    def _refused(self, account: Account, answer: Answer) -> Health:
        outcome = parse_error(answer, mask(said_in(answer), account.token))
        return Health("closed", getattr(outcome, "reason", ""))

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        """Fetches by id what Evolution has stored.

        What it has not stored, or does not unwrap, is fetched by the message as it
        came.
        """
        try:
            answer = self._media(account, {"key": {"id": media.id}})
            if not answer.ok and answer.object() and media.details:
                answer = self._media(account, json.loads(media.details))
        except NoAnswerError as error:
            return Failed(error.code, sentence(error.code))
        told = answer.object()
        content = decoded(text(told.get("base64"), longest=MEDIA_CAP))
        if not answer.ok or not content:
            return Failed("unreadable", sentence("unreadable", answer.status))
        mime = text(told.get("mimetype")) or media.mime
        name = text(told.get("fileName"))
        # For a file without a name Evolution makes one from the message's id.
        name = "" if name.startswith(media.id) else name
        return Fetched(content, mime.partition(";")[0].strip(), media.name or name)

    def _media(self, account: Account, message: Any) -> Answer:
        body = as_json({"message": message, "convertToMp4": False})
        path = "chat/getBase64FromMediaMessage"
        return self._call(account, "media", "POST", path, body, cap=MEDIA_CAP)

    def profile(self, account: Account, person: str) -> Profile | Failed:
        """Returns the picture; names come with messages."""
        body = as_json({"number": jid_of(person)})
        path = "chat/fetchProfilePictureUrl"
        try:
            answer = self._call(account, "profile", "POST", path, body)
        except NoAnswerError as error:
            return Failed(error.code, sentence(error.code))
        if not answer.ok:
            return Failed("unreadable", sentence("unreadable", answer.status))
        return Profile(photo=text(answer.object().get("profilePictureUrl")))

    def _call(
        self,
        account: Account,
        what: str,
        method: str,
        path: str,
        payload: Payload | None = None,
        **more: Any,
    ) -> Answer:
        large = what == "media" or path.endswith(FILE_CALLS)
        return self._http.call(
            Call(
                account,
                what,
                method,
                f"{account.url}/{path}/{quote(account.id, safe='')}",
                {"apikey": account.token},
                payload,
                FILE if large else TEXT,
                **more,
            )
        )


def _health(state: Any) -> Health:
    known = STATES.get(text(state), "closed")
    if known == "open":
        return Health("open")
    return Health(known, sentence("not_connected"), keeps_qr=known == "connecting")


def _request(out: Outgoing) -> tuple[str, Payload]:
    """Builds the request, never with a `delay`.

    It keeps the request open so long that it is repeated.
    """
    if out.file is not None:
        return _file_request(out, out.file)
    body = {"text": out.text, "linkPreview": False}
    return "sendText", as_json({**_addressed(out), **body})


def _addressed(out: Outgoing) -> dict[str, Any]:
    """Returns the recipient and the quoted message.

    Evolution quotes messages from its database, and sends without a quote if the
    message is not in it; a voice note never quotes.
    """
    body: dict[str, Any] = {"number": jid_of(out.to)}
    if out.reply_to:
        body["quoted"] = {
            "key": {
                "id": out.reply_to,
                "remoteJid": jid_of(out.to, PHONE_SERVERS[0]),
                "fromMe": out.reply_to_is_own,
            }
        }
    return body


def _file_request(out: Outgoing, file: File) -> tuple[str, Payload]:
    # Bare base64: the prefix of a data URI is refused.
    if file.is_voice:
        voice = {**_addressed(out), "encoding": True}
        return "sendWhatsAppAudio", as_json_with_file(voice, "audio", file)
    if out.kind == "sticker":
        sticker = {**_addressed(out), "notConvertSticker": True}
        return "sendSticker", as_json_with_file(sticker, "sticker", file)
    kind = MEDIA_TYPES.get(out.kind, "document")
    body = {
        **_addressed(out),
        "mediatype": kind,
        "mimetype": file.mime,
        # Evolution computes the type again from the suffix.
        "fileName": named_as(file.name, file.mime, common=True),
    }
    # WhatsApp shows no text with an audio: it is sent after it.
    if out.caption and kind != "audio":
        body["caption"] = out.caption
    return "sendMedia", as_json_with_file(body, "media", file)
