"""Models of chats, messages, deliveries and gateway accounts."""

from chats.models.conversations import (
    Attachment,
    Auto,
    Chat,
    ChatQuerySet,
    Direction,
    Message,
    MessageVersion,
    Status,
)
from chats.models.delivery import Delivery, MessagePart, ParkedReceipt
from chats.models.events import ChatEvent
from chats.models.gateway_accounts import (
    GatewayAccount,
    GatewayNotice,
    MessageTemplate,
    SessionChange,
)
from chats.models.inbox import Note, Reply, ReplyFile, ScheduledMessage
from chats.models.media import ConvertedFile, MediaFetch
from chats.models.pictures import PictureCopy
from chats.models.profiles import Portrait, ProfileFetch
from chats.models.rehoming import HomelessChat, Rehoming
from chats.models.rules import (
    AssignmentRecord,
    Clock,
    MenuState,
    Survey,
    Task,
)
from chats.models.search import MessageWords, TranscriptSeal, WordsProgress
from chats.models.templates import ApprovedTemplate, TemplateFetch
from chats.models.webhook_events import InboundEvent

__all__ = [
    "ApprovedTemplate",
    "AssignmentRecord",
    "Attachment",
    "Auto",
    "Chat",
    "ChatEvent",
    "ChatQuerySet",
    "Clock",
    "ConvertedFile",
    "Delivery",
    "Direction",
    "GatewayAccount",
    "GatewayNotice",
    "HomelessChat",
    "InboundEvent",
    "MediaFetch",
    "MenuState",
    "Message",
    "MessagePart",
    "MessageTemplate",
    "MessageVersion",
    "MessageWords",
    "Note",
    "ParkedReceipt",
    "PictureCopy",
    "Portrait",
    "ProfileFetch",
    "Rehoming",
    "Reply",
    "ReplyFile",
    "ScheduledMessage",
    "SessionChange",
    "Status",
    "Survey",
    "Task",
    "TemplateFetch",
    "TranscriptSeal",
    "WordsProgress",
]
