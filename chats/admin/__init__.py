"""Back-office pages of chats, messages and gateways."""

from chats.admin import (
    background,
    chats,
    gateways,
    ledger,
    menus,
    messages,
    rehomings,
    replies,
)

__all__ = [
    "background",
    "chats",
    "gateways",
    "ledger",
    "menus",
    "messages",
    "rehomings",
    "replies",
]
