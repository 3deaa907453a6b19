"""Backups: made, restored, checked, and rehearsed every night (docs/backup.md)."""
