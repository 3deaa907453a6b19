"""Outgoing webhooks: pushes the feed to receivers that cannot keep a socket open."""
