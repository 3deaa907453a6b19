"""The chats' chapter of the back-office."""

from chats.admin import background, chats, gateways, ledger, messages

__all__ = ["background", "chats", "gateways", "ledger", "messages"]
