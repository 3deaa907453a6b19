"""Django as WSGI, with a shorter way for the calls that carry fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import connection

from hci_center.api.cors import Cors
from hci_center.api.middleware import PREFIX, ApiMiddleware


class Application(WSGIHandler):
    """Django's, but a call of the API that carries fields goes to the gate at once.

    Of what lies between, the look at the kept connection is all that such a call
    needs; the rest is a seventh of its time in Python. What only reads, files among
    it, goes Django's own way, and is answered no less.
    """

    def __init__(self) -> None:
        super().__init__()
        self.api = Cors(ApiMiddleware(_no_page))

    # WSGI asks for no more than an iterable; Django answers its own response.
    def __call__(  # type: ignore[override]
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") or not path.startswith(PREFIX):
            return super().__call__(environ, start_response)
        check_connection()
        response: Any = self.api(WSGIRequest(environ))
        start_response(
            f"{response.status_code} {response.reason_phrase}",
            [
                *response.items(),
                *(("Set-Cookie", c.OutputString()) for c in response.cookies.values()),
            ],
        )
        return [response.content]


def check_connection(**_signal: Any) -> None:
    """Lets go of this thread's connection when it has broken or grown too old."""
    connection.close_if_unusable_or_obsolete()


def _no_page(_request: Any) -> Any:
    raise LookupError("no page lies under /api/")
