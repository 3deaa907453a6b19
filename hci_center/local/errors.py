from django.core.exceptions import ImproperlyConfigured


class SecretsError(ImproperlyConfigured):
    """Secrets are missing, or are not this database's; the text says what to do."""


class CannotStartError(Exception):
    """The one-command server cannot start; the text says why and what to do."""
