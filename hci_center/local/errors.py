class CannotStartError(Exception):
    """The one-command server cannot start; the text says why and what to do."""
