"""Service sessions, what was said in them, and what became of it."""

from chats.models.conversations import (
    Attachment,
    Chat,
    ChatEvent,
    ChatQuerySet,
    Direction,
    Message,
    MessageVersion,
    Status,
)
from chats.models.gateways import (
    Delivery,
    GatewayAccount,
    GatewayNotice,
    InboundEvent,
    MediaFetch,
    MessagePart,
    MessageTemplate,
    ParkedReceipt,
    SessionChange,
)
from chats.models.media import ConvertedFile
from chats.models.pictures import PictureCopy
from chats.models.profiles import Portrait, ProfileFetch

__all__ = [
    "Attachment",
    "Chat",
    "ChatEvent",
    "ChatQuerySet",
    "ConvertedFile",
    "Delivery",
    "Direction",
    "GatewayAccount",
    "GatewayNotice",
    "InboundEvent",
    "MediaFetch",
    "Message",
    "MessagePart",
    "MessageTemplate",
    "MessageVersion",
    "ParkedReceipt",
    "PictureCopy",
    "Portrait",
    "ProfileFetch",
    "SessionChange",
    "Status",
]
