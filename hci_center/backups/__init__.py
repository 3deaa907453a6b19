"""Makes, restores and verifies backups, and rehearses restores (docs/backup.md)."""
