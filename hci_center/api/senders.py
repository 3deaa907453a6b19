"""Checks whether the sender of a request is known, before its body is read."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.utils.module_loading import import_string


def is_known_sender(environ: dict[str, Any]) -> bool:
    """Returns whether the request has a valid API key, session or webhook address.

    Runs in a Django thread, outside of a request. Raises DatabaseError.
    """
    environ = environ | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
    connection.close_if_unusable_or_obsolete()
    request = WSGIRequest(environ)
    return any(import_string(path)(request) for path in settings.KNOWN_SENDERS)
