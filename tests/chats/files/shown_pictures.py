"""Large pictures, and the smaller copies that a worker makes of them."""

from __future__ import annotations

from chats.files import picture_copies
from tests.chats.files import sample_pictures
from tests.chats.files.sample_pictures import encoded, exif

SEND = "/api/chat/message/send/operator/file/8080"
LARGE = (1600, 1300)


def large(**options):
    """A photo too large to be copied while it is stored."""
    return encoded("JPEG", sample_pictures.drawn(*LARGE), exif=exif(), **options)


def make_copies():
    """Makes the queued copies as a worker does; returns their number."""
    count = 0
    while wanted := picture_copies.claim(1):
        picture_copies.make(wanted[0])
        count += 1
    return count


def is_shown(answer):
    return answer["Content-Disposition"].startswith("inline;")
