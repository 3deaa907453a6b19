"""Logging: formats, ids in log lines, and the request log."""
