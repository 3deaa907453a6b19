"""A test client whose API calls and webhooks take the same path as in production."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from hci_center.api.application import Application
from hci_center.path_keys import take_out


class UncheckedApplication(Application):
    """Leaves the connection of a test's transaction open, as Django's client does."""

    begin_request = staticmethod(lambda: None)


class ShippedHandler(ClientHandler):
    """Passes API calls and webhooks to `Application`, pages to Django's handler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = UncheckedApplication()

    def __call__(self, environ: dict[str, Any]) -> Any:
        take_out(environ)  # as `hci_center.webserver.environ` does
        if self.application.short_path(environ) is None:
            return super().__call__(environ)
        request = WSGIRequest(dict(environ))  # it changes its argument
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(
            self.application(
                environ, lambda status, headers: started.append((status, headers))
            )
        )
        [(status, headers)] = started
        response: Any = HttpResponse(body, status=int(status[:3]))
        del response.headers["Content-Type"]
        for name, value in headers:
            if name == "Set-Cookie":
                response.cookies.load(value)
            else:
                response.headers[name] = value
        response.wsgi_request = request
        return response


class ShippedClient(Client):
    """Django's test client on `ShippedHandler`."""

    def __init__(self, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=enforce_csrf_checks, **defaults)
        self.handler = ShippedHandler(enforce_csrf_checks)
