"""What consoles live on: the list of chats, search, history and transcripts."""
