"""Sends as a Facebook page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from chats.gateways import error_rules, graph, parsing
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
)
from chats.gateways.captions import with_caption
from chats.gateways.error_messages import sentence
from chats.gateways.http import Http, NoAnswerError
from chats.gateways.messenger.errors import parse_error
from chats.gateways.messenger.persons import USER_REF
from chats.gateways.parsing import text
from chats.gateways.streaming_body import Payload, as_json, as_multipart

# After it only a human agent's reply is allowed, for a week.
FREE_WINDOW = timedelta(hours=24)
ATTACHMENT_TYPES = {"image": "image", "audio": "audio", "video": "video"}


class Messenger:
    """Client of the Send API. `Account.id` is the page, its token the page's."""

    def __init__(self, http: Http, media_hosts: tuple[str, ...] = ()) -> None:
        self._graph = graph.Graph(http, parse_error, media_hosts)

    def send(self, account: Account, out: Outgoing) -> Outcome:
        if out.token:
            other = replace(account, token=out.token)
            return graph.for_other_token(self._send(other, out))
        return self._send(account, out)

    def _send(self, account: Account, out: Outgoing) -> Outcome:
        if not account.token:
            return error_rules.BAD_SETUP.outcome()
        if out.template is not None:
            return error_rules.NO_TEMPLATES.outcome()
        if out.file is None:
            return self._post(account, out, _said(out))
        # Uploaded: our links are signed and local, the platform cannot fetch them.
        kind = ATTACHMENT_TYPES.get(out.kind, "file")
        attachment = {"attachment": {"type": kind, "payload": {}}}
        outcome = self._post(account, out, attachment, out.file)
        if isinstance(outcome, Accepted) and out.caption:
            plain = replace(out, reply_to="")
            caption = self._post(account, plain, {"text": out.caption})
            return with_caption(outcome, caption)
        return outcome

    def _post(
        self,
        account: Account,
        out: Outgoing,
        message: dict[str, Any],
        file: File | None = None,
    ) -> Outcome:
        outcome = self._post_once(account, out, message, file)
        if graph.is_refused_for_quote(out, outcome):
            return self._post_once(account, replace(out, reply_to=""), message, file)
        return outcome

    def _post_once(
        self,
        account: Account,
        out: Outgoing,
        message: dict[str, Any],
        file: File | None,
    ) -> Outcome:
        body: dict[str, Any] = {
            "recipient": _recipient(out.to),
            **_messaging_type(out),
            **_quote(out.reply_to),
            "message": {**message, "metadata": out.uuid},
        }
        payload = as_json(body) if file is None else _form(body, file)
        try:
            answer = self._graph.post(
                account,
                "send",
                f"{account.id}/messages",
                payload,
                large=file is not None,
            )
        except NoAnswerError as error:
            return error.failed()
        refusal = self._graph.refusal(account, answer)
        if refusal is not None:
            return refusal
        mid = answer.object().get("message_id")
        if isinstance(mid, str) and mid:
            return Accepted((mid,))
        return error_rules.maybe("unreadable")

    def lookup(self, account: Account, out: Outgoing) -> Accepted | Failed | None:
        """Always None: Messenger has no lookup; its echo carries our uuid."""
        return None

    def health(self, account: Account) -> Health:
        if not account.token:
            return Health("closed", sentence("bad_setup"))
        try:
            answer = self._graph.get(account, "health", f"{account.id}?fields=id")
        except NoAnswerError as error:
            return Health("closed", error.failed().reason)
        refusal = self._graph.refusal(account, answer)
        if refusal is None:
            return Health("open")
        return Health("closed", getattr(refusal, "reason", ""))

    def profile(self, account: Account, person: str) -> Profile | Failed:
        """Returns name and picture.

        If the app may not read both, only the name is requested.
        """
        for fields in ("first_name,last_name,profile_pic", "first_name,last_name"):
            path = f"{quote(person, safe='')}?fields={fields}"
            try:
                answer = self._graph.get(account, "profile", path)
            except NoAnswerError as error:
                return replace(error.failed(), maybe_sent=False)
            refusal = self._graph.refusal(account, answer)
            if isinstance(refusal, Failed):
                return replace(refusal, maybe_sent=False)
            if refusal is None:
                said = answer.object()
                names = (text(said.get(f"{which}_name")) for which in ("first", "last"))
                return Profile(
                    parsing.name(" ".join(names)), text(said.get("profile_pic"))
                )
        return Profile()

    def fetch(self, account: Account, media: Media) -> Fetched | Failed:
        return self._graph.download(account, media, signed=False)


def _quote(quoted: str) -> dict[str, Any]:
    """Returns the quote.

    Referrals, payments and the like have ids of ours that the platform does not know.
    """
    if not quoted.startswith(("m_", "mid.")):
        return {}
    return {"reply_to": {"mid": quoted}}


def _said(out: Outgoing) -> dict[str, Any]:
    """Returns the text, with quick replies if there are some."""
    choices = out.choices
    if choices is None or choices.kind != "quick_replies" or not choices.text:
        return {"text": out.text}
    replies = [
        {"content_type": "text", "title": title, "payload": name}
        for name, title in choices.items
    ]
    return {"text": choices.text, "quick_replies": replies}


def _form(body: dict[str, Any], file: File) -> Payload:
    parts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in body.items()
    }
    return as_multipart(parts, "filedata", file)


def _recipient(to: str) -> dict[str, str]:
    """Returns the recipient: a person by id, a visitor by the plugin's reference."""
    if to.startswith(USER_REF):
        return {"user_ref": to.removeprefix(USER_REF)}
    return {"id": to}


def _messaging_type(out: Outgoing) -> dict[str, str]:
    last = out.last_inbound_at
    if last is not None and datetime.now(UTC) - last > FREE_WINDOW:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE"}
