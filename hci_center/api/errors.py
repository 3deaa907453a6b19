"""Converts every exception into an error response of the API contract."""

from __future__ import annotations

import logging

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hci_center.api.deferred import ResponseContext
from hci_center.api.envelope import answer, failure, render
from hci_center.database import faults
from hci_center.errors import (
    ForbiddenError,
    InvalidError,
    MalformedBodyError,
    MethodNotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)

logger = logging.getLogger(__name__)


class InternalError(RefusedError):
    status, code = 500, "internal"
    sentence = _("Something went wrong on our side; it was logged.")


def as_refusal(error: Exception) -> RefusedError:
    """Returns the contract's error for an exception; unexpected ones are logged."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, Http404):
        return NotFoundError()
    if isinstance(error, PermissionDenied):
        return ForbiddenError()
    if isinstance(error, SessionInterrupted):
        # The person signed out elsewhere during this call.
        return NotAuthenticatedError()
    if isinstance(error, UnreadablePostError):
        return MalformedBodyError()
    if isinstance(error, SuspiciousOperation):
        # A foreign Host, or headers that Django rejects. Logged in the same way as
        # Django does for pages.
        logging.getLogger(f"django.security.{type(error).__name__}").error(str(error))
        return InvalidError(sentence=_("This host name is not served here."))
    fault = faults.fault_of(error)
    if fault is not None:
        faults.disk_full.note(error)
        logger.log(fault.level, "Database: %s", faults.describe(error))
        return UnavailableError(fault.retry_after)
    if isinstance(error, DataError):
        logger.error(
            "A value was valid for the serializer but not for its column",
            exc_info=error,
        )
        return InvalidError()
    logger.error("Unexpected error", exc_info=error)
    return InternalError()


def answer_refusal(request: HttpRequest, refusal: RefusedError) -> HttpResponse:
    """Returns the error response in the caller's language, with its headers."""
    language = translation.get_language_from_request(request)
    with translation.override(language):
        content = render(failure(refusal), ResponseContext(request, None))
    response = answer(refusal.status, content)
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    if isinstance(refusal, NotAuthenticatedError):
        response["WWW-Authenticate"] = "Api-Key"
    if isinstance(refusal, UnavailableError):
        # The fault was logged by its own level: in an outage Django would add an error
        # for each request.
        response._has_been_logged = True  # type: ignore[attr-defined]
    if isinstance(refusal, MethodNotAllowedError):
        response["Allow"] = ", ".join(getattr(refusal, "allowed", ()))
    return response
