"""Sends from a phone number of the Cloud API."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from chats.gateways import error_rules, graph
from chats.gateways.base import (
    Accepted,
    Account,
    ApprovedTemplate,
    Failed,
    Fetched,
    File,
    Health,
    Media,
    NoProfileMixin,
    Outcome,
    Outgoing,
)
from chats.gateways.captions import with_caption
from chats.gateways.error_messages import sentence
from chats.gateways.http import Http, NoAnswerError
from chats.gateways.media_types import leaves_as_itself
from chats.gateways.parsing import found, text
from chats.gateways.streaming_body import as_json, as_multipart
from chats.gateways.whatsapp_cloud.errors import parse_error
from chats.gateways.whatsapp_cloud.templates import fetch_templates

# Of a message with buttons or a list, and what opens the list: customers read it.
LONGEST_BODY = 1024
LIST_TITLE = "Opções"

_PHONE = re.compile(r"[0-9]{1,15}")


class WhatsAppCloud(NoProfileMixin):
    """Client of the Cloud API. `Account.id` is the phone number id."""

    def __init__(self, http: Http, media_hosts: tuple[str, ...] = ()) -> None:
        self._graph = graph.Graph(http, parse_error, media_hosts)

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if not account.token or not account.id:
            return error_rules.BAD_SETUP.outcome()
        content, separate_caption = self._content(account, out)
        if not isinstance(content, dict):
            return content
        outcome = self._post(account, out, content, out.uuid)
        if isinstance(outcome, Accepted) and separate_caption:
            # Without our uuid: receipts of the caption are not those of the file.
            plain = replace(out, reply_to="")
            caption = self._post(account, plain, _text(separate_caption), "")
            return with_caption(outcome, caption)
        return outcome

    def _content(
        self, account: Account, out: Outgoing
    ) -> tuple[dict[str, Any] | Outcome, str]:
        """Returns the content to send, and a caption that must follow as a message."""
        if out.template is not None:
            return _template(out), ""
        if out.file is None:
            return _interactive(out) or _text(out.text), ""
        media = self._upload(account, out.file)
        if not isinstance(media, str):
            return media, ""
        content = _media(out.kind, out.file, media, out.caption)
        part = content[content["type"]]
        return content, "" if "caption" in part else out.caption

    def _post(
        self, account: Account, out: Outgoing, content: dict[str, Any], uuid: str
    ) -> Outcome:
        outcome = self._post_once(account, out, content, uuid)
        if graph.is_refused_for_quote(out, outcome):
            plain = replace(out, reply_to="")
            return self._post_once(account, plain, content, uuid)
        return outcome

    def _post_once(
        self, account: Account, out: Outgoing, content: dict[str, Any], uuid: str
    ) -> Outcome:
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_recipient(out.to),
            **_context(out.reply_to),
            **content,
            **({"biz_opaque_callback_data": uuid} if uuid else {}),
        }
        try:
            answer = self._graph.post(
                account, "send", f"{account.id}/messages", as_json(body), large=False
            )
        except NoAnswerError as error:
            return error.failed()
        refusal = self._graph.refusal(account, answer)
        if refusal is not None:
            return refusal
        wamid = found(answer.object(), "messages", 0, "id")
        if not isinstance(wamid, str) or not wamid:
            return error_rules.maybe("unreadable")
        canonical = found(answer.object(), "contacts", 0, "wa_id")
        return Accepted((wamid,), text(canonical) or None)

    def _upload(self, account: Account, file: File) -> str | Outcome:
        """Returns the media id. If this fails, nothing has been sent."""
        fields = {"messaging_product": "whatsapp", "type": file.mime}
        try:
            answer = self._graph.post(
                account,
                "upload",
                f"{account.id}/media",
                as_multipart(fields, "file", file),
                large=True,
            )
        except NoAnswerError as error:
            return replace(error.failed(), maybe_sent=False)
        refusal = self._graph.refusal(account, answer)
        if isinstance(refusal, Failed):
            return replace(refusal, maybe_sent=False)
        if refusal is not None:
            return refusal
        media = answer.object().get("id")
        if isinstance(media, str) and media:
            return media
        return error_rules.FEW_TRIES.outcome()

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Always None: the Cloud API has no lookup; its receipts carry our uuid."""
        return None

    def health(self, account: Account) -> Health:
        if not account.token or not account.id:
            return Health("closed", sentence("bad_setup"))
        path = f"{account.id}?fields=display_phone_number"
        try:
            answer = self._graph.get(account, "health", path)
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        refusal = self._graph.refusal(account, answer)
        if refusal is not None:
            return Health("closed", getattr(refusal, "reason", ""))
        shown = re.sub(r"[^0-9]", "", text(answer.object().get("display_phone_number")))
        return Health("open", number=int(shown) if shown else None)

    def templates(self, account: Account) -> list[ApprovedTemplate] | Failed:
        """Returns the approved templates of the business account."""
        return fetch_templates(self._graph, account)

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        """Fetches the link, which is valid for five minutes, and then the file."""
        if not media.id.isalnum():
            return Failed("bad_message", sentence("bad_message", "media"), tries=1)
        try:
            answer = self._graph.get(account, "media link", media.id)
        except NoAnswerError as error:
            return replace(error.failed(), maybe_sent=False)
        refusal = self._graph.refusal(account, answer)
        if isinstance(refusal, Failed):
            return replace(refusal, maybe_sent=False)
        if refusal is not None:
            return Failed("bad_message", getattr(refusal, "reason", ""), tries=1)
        link = text(answer.object().get("url"))
        return self._graph.download(account, replace(media, url=link), signed=True)


def _recipient(to: str) -> dict[str, str]:
    """Returns the recipient: a phone in `to`, another user's id in `recipient`."""
    return {"to": to} if _PHONE.fullmatch(to) else {"recipient": to}


def _context(quoted: str) -> dict[str, Any]:
    """Returns the quote.

    Calls, payments and the like have ids of ours that the platform does not know.
    """
    if not quoted.startswith("wamid."):
        return {}
    return {"context": {"message_id": quoted}}


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": said, "preview_url": False}}


def _interactive(out: Outgoing) -> dict[str, Any] | None:
    """Returns the text with its buttons or its list; None if it is sent as text."""
    choices = out.choices
    if choices is None or not 0 < len(choices.text) <= LONGEST_BODY:
        return None
    items = [{"id": name, "title": title} for name, title in choices.items]
    if choices.kind == "buttons":
        buttons = [{"type": "reply", "reply": item} for item in items]
        kind = "button"
        action: dict[str, Any] = {"buttons": buttons}
    elif choices.kind == "list":
        kind, action = "list", {"button": LIST_TITLE, "sections": [{"rows": items}]}
    else:
        return None
    body = {"text": choices.text}
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": body, "action": action},
    }


def _media(kind: str, file: File, media: str, caption: str) -> dict[str, Any]:
    if file.is_voice:
        return {"type": "audio", "audio": {"id": media, "voice": True}}
    part = {"id": media}
    leaves_as = kind if leaves_as_itself("whatsapp_cloud", kind, file) else "document"
    if leaves_as == "document":
        part["filename"] = file.name
    if caption and leaves_as not in ("audio", "sticker"):
        part["caption"] = caption
    return {"type": leaves_as, leaves_as: part}


def _template(out: Outgoing) -> dict[str, Any]:
    if out.template is None:
        return {}
    parameters = [{"type": "text", "text": value} for value in out.template.parameters]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    return {
        "type": "template",
        "template": {
            "name": out.template.name,
            "language": {"code": out.template.language},
            "components": components,
        },
    }
