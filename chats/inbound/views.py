"""Webhook views: verify the sender, store the events and respond.

The worker processes the events. A forged or malformed body is refused and not stored.
Database errors give a 503, on which senders retry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from chats.accounts.registry import WEBHOOKS
from chats.gateways.events import BadSignatureError, MalformedError
from chats.gateways.graph import answer_handshake
from chats.inbound.queue import store_pieces
from hci_center import security
from hci_center.api.request_parsing import refuse_large
from hci_center.database import faults
from hci_center.errors import BodyTooLargeError
from managers import webhook_secrets

logger = logging.getLogger(__name__)

# Meta sends batches; the other gateways send messages with the bytes of their files.
LARGEST = {
    "facebook": 4 * 2**20,
    "whatsapp": 4 * 2**20,
    "evolution": 40 * 2**20,
    "wppconnect": 40 * 2**20,
}

View = Callable[..., HttpResponse]


def _guarded(view: View) -> View:
    """Converts exceptions raised by a view to responses for the sender."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            return view(request, **named)
        except BadSignatureError:
            security.report("webhook_forged", request, source=named["source"])
            return _respond("forbidden", 403)
        except (MalformedError, RecursionError):
            # RecursionError: the JSON is nested too deeply to parse.
            return _respond("malformed", 400)
        except BodyTooLargeError:
            return _respond("too large", 413)
        except faults.ERRORS as error:
            fault = faults.fault_of(error)
            if fault is None:
                raise
            return _refuse_for_now(fault, error)

    return guarded


def _refuse_for_now(fault: faults.Fault, error: Exception) -> HttpResponse:
    """Logs the database fault and returns a 503, on which senders retry."""
    faults.disk_full.note(error)
    logger.log(fault.level, "Database: %s", faults.describe(error))
    response = _respond("try again", 503)
    response["Retry-After"] = str(fault.retry_after)
    # Django would log the URL, which is secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@_guarded
def from_meta(request: HttpRequest, source: str) -> HttpResponse:
    """GET: Meta's verification request for the webhook. POST: its events."""
    if request.method == "GET":
        token = settings.META_VERIFY_TOKEN
        return _respond(answer_handshake(token, request.GET.dict()), 200)
    return _receive(request, source)


@_guarded
def from_gateway(
    request: HttpRequest, source: str, secret: str, event: str = ""
) -> HttpResponse:
    """POST: events of a gateway, at a secret URL.

    Some gateways append the kind of event to the URL; the body contains it too.
    """
    manager_id = webhook_secrets.manager_of(source, secret)
    if manager_id is None:
        raise BadSignatureError
    return _receive(request, source, str(manager_id))


def _receive(
    request: HttpRequest, source: str, lane: str | None = None
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    refuse_large(request, LARGEST[source])
    raw = request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    pieces = WEBHOOKS[source].receive(headers, raw)
    store_pieces(source, raw, pieces, lane)
    return _respond("ok", 200)


def _respond(text: str, status: int) -> HttpResponse:
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
