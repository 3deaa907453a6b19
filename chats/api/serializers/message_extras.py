"""Optional additions to a message: a caption, a file name, a quote."""

from __future__ import annotations

from chats.api.fields import FileName
from chats.conversations.message_details import LONGEST_CAPTION, Extras
from chats.messages.base64_text import LONGEST_CONTENT
from chats.messages.store import FILE_CONTENT
from hci_center.api.fields import Text
from hci_center.api.request_schema import Body, Fields


class Quoting(Body):
    # Our id or the gateway's.
    replyTo = Text(255, required=False)


class WithFile(Quoting):
    caption = Text(LONGEST_CAPTION, required=False)
    fileName = FileName(required=False)


def extras_of(fields: Fields) -> Extras:
    """Returns the additions in the parsed fields of such a body."""
    return Extras(
        caption=fields.get("caption", ""),
        file_name=fields.get("fileName", ""),
        reply_to=fields.get("replyTo", ""),
    )


def take_caption(values: Fields) -> None:
    """Stores the caption of a file in `caption`, given there or as its `content`.

    Content that only represents the file is no caption: the documented text, its link
    or its data.
    """
    content: str = values.get("content", "")
    stands_for_file = content in (FILE_CONTENT, values.get("url")) or (
        content.startswith("data:") or len(content) > LONGEST_CONTENT
    )
    if content and not stands_for_file:
        values.setdefault("caption", content)
