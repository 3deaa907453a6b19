"""The chats' chapter of the back-office."""

from chats.admin import chats, gateways, ledger, messages

__all__ = ["chats", "gateways", "ledger", "messages"]
