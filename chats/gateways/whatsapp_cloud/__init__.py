"""WhatsApp Cloud API: a phone number's messages, and the webhook of its app."""

from chats.gateways.whatsapp_cloud.sending import WhatsAppCloud
from chats.gateways.whatsapp_cloud.webhook import WhatsAppCloudWebhook

__all__ = ["WhatsAppCloud", "WhatsAppCloudWebhook"]
