"""The chats' chapter of the back-office."""

from chats.admin import chats, ledger, messages

__all__ = ["chats", "ledger", "messages"]
