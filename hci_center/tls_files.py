"""Checks the TLS files in the URL of a server."""

from __future__ import annotations

import os
import ssl

from django.core.exceptions import ImproperlyConfigured

# Options of PostgreSQL's and Redis's URLs.
AUTHORITIES = frozenset({"sslrootcert", "ssl_ca_certs"})
FILES = AUTHORITIES | {"sslcert", "sslkey", "ssl_certfile", "ssl_keyfile"}


def check_tls_file(variable: str, option: str, path: str) -> None:
    """Raises ImproperlyConfigured if the file cannot be used.

    It must be readable, and a CA file must contain a certificate. Otherwise the server
    would only appear to be unreachable.
    """
    if option == "sslrootcert" and path == "system":
        return
    if not os.access(path, os.R_OK):
        raise ImproperlyConfigured(
            f"{variable} names {path} as {option}, which this user cannot read."
        )
    if option in AUTHORITIES:
        try:
            ssl.create_default_context(cafile=path)
        except (ssl.SSLError, OSError):
            raise ImproperlyConfigured(
                f"{variable} names {path} as {option}, in which there is no certificate."
            ) from None
