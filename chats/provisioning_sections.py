"""The sections of chats in a provisioning file."""

from areas.provisioning.lists import list_section
from areas.provisioning.registry import register
from chats.inbox.reply_provisioning import REPLIES

register(list_section("replies", REPLIES))
