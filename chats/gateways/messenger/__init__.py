"""Facebook Messenger: the Send API of a page, and the webhook of its app."""

from chats.gateways.messenger.sending import Messenger
from chats.gateways.messenger.webhook import MessengerWebhook

__all__ = ["Messenger", "MessengerWebhook"]
