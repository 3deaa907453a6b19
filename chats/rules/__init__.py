"""The rules of the centre: automatic actions in chats."""
