"""Outgoing webhooks: the feed, pushed to those who cannot hold a socket."""
