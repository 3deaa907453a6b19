class BackupError(Exception):
    """A backup cannot be made, checked or restored; the text has cause and remedy."""


class BackupUnderWayError(BackupError):
    """Another backup of this database is in progress, on some machine."""
