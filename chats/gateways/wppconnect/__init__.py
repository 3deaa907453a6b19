"""WPPConnect server: a session of a WhatsApp Web client, and its webhook."""

from chats.gateways.wppconnect.sending import WPPConnect
from chats.gateways.wppconnect.webhook import WPPConnectWebhook

__all__ = ["WPPConnect", "WPPConnectWebhook"]
