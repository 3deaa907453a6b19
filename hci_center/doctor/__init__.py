"""Checks an installation and gives advice (docs/operations.md)."""
