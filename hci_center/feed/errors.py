class DatabaseAwayError(Exception):
    """PostgreSQL was still unreachable when the time to wait for it had passed."""
