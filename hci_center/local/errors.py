from django.core.exceptions import ImproperlyConfigured


class SecretsError(ImproperlyConfigured):
    """Secrets are missing or not this database's; the text is the remedy."""


class CannotStartError(Exception):
    """The one-command server cannot start; the text has the reason and the remedy."""
