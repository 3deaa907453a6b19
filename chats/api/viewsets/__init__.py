"""The calls about chats and messages."""
