"""The rules of the centre: what the service does by itself in a chat."""
