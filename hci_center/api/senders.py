"""Whether a request comes from somebody known, before its body is taken in."""

from __future__ import annotations

import io
import re
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.utils.module_loading import import_string

from hci_center.api.viewset import identify
from hci_center.errors import RefusedError

_WEBHOOK = re.compile(r"/webhooks/([a-z]+)/([^/]+)(/.*)?")


def is_known_sender(environ: dict[str, Any]) -> bool:
    """Whether a key, a session or a webhook's address in the request is valid.

    Runs in a thread of Django, outside of a request. Raises DatabaseError.
    """
    environ = environ | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
    connection.close_if_unusable_or_obsolete()
    if webhook := _WEBHOOK.fullmatch(environ["PATH_INFO"]):
        manager_of = import_string(settings.WEBHOOK_SECRETS)
        return manager_of(webhook[1], webhook[2]) is not None
    try:
        return identify(WSGIRequest(environ)) is not None
    except RefusedError:
        return False
