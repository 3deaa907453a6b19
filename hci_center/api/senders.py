"""Whether a request comes from somebody known, before its body is taken in."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.utils.module_loading import import_string


def is_known_sender(environ: dict[str, Any]) -> bool:
    """Whether a key, a session or a webhook's address in the request is valid.

    Runs in a thread of Django, outside of a request. Raises DatabaseError.
    """
    environ = environ | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
    connection.close_if_unusable_or_obsolete()
    request = WSGIRequest(environ)
    return any(import_string(path)(request) for path in settings.KNOWN_SENDERS)
