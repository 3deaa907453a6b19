class BackupError(Exception):
    """A backup cannot be made, checked or restored; the text has reason and remedy."""
