"""Evolution API v2: an instance of a Baileys server, and its webhook."""

from chats.gateways.evolution.sending import Evolution
from chats.gateways.evolution.webhook import EvolutionWebhook

__all__ = ["Evolution", "EvolutionWebhook"]
