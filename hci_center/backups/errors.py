class BackupError(Exception):
    """A backup cannot be made, checked or restored; the text has reason and remedy."""


class BackupUnderWayError(BackupError):
    """Another backup of this database is being made, on whichever machine."""
