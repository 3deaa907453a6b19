"""Models of chats, messages, deliveries and gateway accounts."""

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
from chats.models.delivery import Delivery, MessagePart, ParkedReceipt
from chats.models.gateway_accounts import (
    GatewayAccount,
    GatewayNotice,
    MessageTemplate,
    SessionChange,
)
from chats.models.media import ConvertedFile, MediaFetch
from chats.models.pictures import PictureCopy
from chats.models.profiles import Portrait, ProfileFetch
from chats.models.webhook_events import InboundEvent

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
