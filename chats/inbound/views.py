"""Where gateways tell us: proven to be who they say, stored, answered, and no more.

A body that is forged or malformed is refused and leaves nothing behind; a fault of
ours is a 503, on which senders repeat themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from chats.accounts.registry import WEBHOOKS
from chats.gateways.events import BadSignatureError, MalformedError
from chats.gateways.graph import answer_handshake
from chats.inbound.queue import store_pieces
from hci_center import security
from hci_center.api.request_parsing import refuse_large
from hci_center.errors import BodyTooLargeError
from managers import webhook_secrets

# Meta's batches, and messages that bring the bytes of their files.
LARGEST = {
    "facebook": 4 * 2**20,
    "whatsapp": 4 * 2**20,
    "evolution": 40 * 2**20,
    "wppconnect": 40 * 2**20,
}

View = Callable[..., HttpResponse]


def _guarded(view: View) -> View:
    """Answers what a view raises with the status that its sender understands."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            return view(request, **named)
        except BadSignatureError:
            security.report("webhook_forged", request, source=named["source"])
            return _said("forbidden", 403)
        except MalformedError:
            return _said("malformed", 400)
        except BodyTooLargeError:
            return _said("too large", 413)
        except (OperationalError, InterfaceError):
            response = _said("try again", 503)
            response["Retry-After"] = "5"
            return response

    return guarded


@_guarded
def from_meta(request: HttpRequest, source: str) -> HttpResponse:
    """GET: Meta asks whether the address is ours. POST: it tells."""
    if request.method == "GET":
        token = settings.META_VERIFY_TOKEN
        return _said(answer_handshake(token, request.GET.dict()), 200)
    return _take(request, source)


@_guarded
def from_gateway(
    request: HttpRequest, source: str, secret: str, event: str = ""
) -> HttpResponse:
    """POST: a gateway tells, at an address that only it knows.

    Some append the kind of event to the address; it stands in the body too.
    """
    manager_id = webhook_secrets.manager_of(source, secret)
    if manager_id is None:
        raise BadSignatureError
    return _take(request, source, str(manager_id))


def _take(request: HttpRequest, source: str, lane: str | None = None) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    refuse_large(request, LARGEST[source])
    raw = request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    pieces = WEBHOOKS[source].receive(headers, raw)
    store_pieces(source, raw, pieces, lane)
    return _said("ok", 200)


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


urlpatterns = [
    *(
        path(f"{source}{slash}", from_meta, {"source": source})
        for source in ("facebook", "whatsapp")
        for slash in ("", "/")
    ),
    *(
        path(f"{source}/<str:secret>{rest}", from_gateway, {"source": source})
        for source in ("evolution", "wppconnect")
        for rest in ("", "/", "/<str:event>")
    ),
]
