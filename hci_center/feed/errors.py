class DatabaseAwayError(Exception):
    """PostgreSQL did not come back in the time that was given to it."""
