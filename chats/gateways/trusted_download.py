"""Downloads files from links of a platform, only from the platform's own hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from chats.gateways.base import MOST_MEDIA, Account, Failed, Fetched, Media
from chats.gateways.error_messages import sentence
from chats.gateways.http import FILE, Call, Http, NoAnswerError

_METAS = (".fbcdn.net", ".fbsbx.com", ".facebook.com", ".whatsapp.net")


def download(
    http: Http,
    account: Account,
    media: Media,
    origins: tuple[str, ...],
    headers: Mapping[str, str],
) -> Fetched | Failed:
    """Returns the bytes at a link to one of Meta's hosts or of the given origins."""
    if not _is_trusted(media.url, origins):
        return Failed("bad_message", sentence("bad_message", "link"), tries=1)
    call = Call(
        account, "media", "GET", media.url, headers, timeouts=FILE, cap=MOST_MEDIA
    )
    try:
        answer = http.call(call)
    except NoAnswerError as error:
        return replace(error.failed(), maybe_sent=False)
    if not answer.ok or not answer.body:
        return Failed("unreadable", sentence("unreadable", answer.status))
    mime = answer.headers.get("content-type", "").partition(";")[0].strip()
    return Fetched(answer.body, mime or media.mime, media.name)


def _is_trusted(url: str, origins: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    if f"{parts.scheme}://{parts.netloc}" in origins:
        return True
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and port in (None, 443)
        and host.endswith(_METAS)
    )
