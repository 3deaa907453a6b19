"""The backend of consoles: the list of chats, search, history, notes, transcripts."""
