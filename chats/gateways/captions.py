"""Captions that are sent after their file, where the file's message shows none."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from chats.gateways.base import Accepted, Outcome, Outgoing


def caption_after(out: Outgoing) -> Outgoing | None:
    """Returns the message to send after a sound or sticker on WhatsApp, or None.

    It has a uuid of its own, always the same one, so that it can be looked up.
    """
    if out.file is None or not out.caption:
        return None
    if out.kind not in ("audio", "sticker") and not out.file.is_voice:
        return None
    return replace(
        out,
        uuid=str(uuid5(UUID(out.uuid), "caption")),
        kind="text",
        text=out.caption,
        file=None,
        caption="",
        reply_to="",
        choices=None,
    )


def with_caption(file: Accepted, caption: Outcome) -> Accepted:
    """Returns the outcome of a file whose caption was sent after it as a message.

    The file counts as sent, whatever the outcome of the caption.
    """
    if isinstance(caption, Accepted):
        return replace(file, external_ids=file.external_ids + caption.external_ids)
    said = _("The file was sent, but not what was said with it: %s")
    return replace(file, note=said % caption.reason)
