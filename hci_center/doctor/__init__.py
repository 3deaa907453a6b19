"""Checks an installation and says what to do (docs/operations.md)."""
