"""The sections of chats in a provisioning file."""

from areas.provisioning_lists import list_section
from areas.provisioning_registry import register
from chats.inbox.reply_provisioning import REPLIES

register(list_section("replies", REPLIES))
