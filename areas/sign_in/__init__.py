"""Signing in: sessions, devices, throttling and the second factor."""
