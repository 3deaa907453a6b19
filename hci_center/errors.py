"""The errors with which a rule refuses a request.

`hci_center.api.errors` turns them into responses. The codes and statuses are listed at
the end of "Rules for every call" in the API contract.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise


class RefusedError(Exception):
    """A refusal with a status, a stable code and one sentence for the caller.

    `more` is added to the response's `error` object.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    sentence: Sentence

    def __init__(self, sentence: Sentence | None = None, **more: Any) -> None:
        if sentence is not None:
            self.sentence = sentence
        self.more = more
        super().__init__(str(sentence or self.code))


class InvalidError(RefusedError):
    """The request's data is invalid; `fields` holds the errors by field name."""

    status, code = 400, "invalid"
    sentence = _("Some fields are missing or wrong.")

    def __init__(
        self,
        fields: dict[str, list[Sentence]] | None = None,
        sentence: Sentence | None = None,
    ) -> None:
        super().__init__(sentence)
        if fields is not None:
            self.more["fields"] = fields


class MalformedBodyError(RefusedError):
    status, code = 400, "malformed_body"
    sentence = _("The body is not a JSON object.")


class NotAuthenticatedError(RefusedError):
    status, code = 401, "not_authenticated"
    sentence = _("A valid API key or a signed-in session is needed.")


class OtpRequiredError(NotAuthenticatedError):
    """The password is right; the code of the second factor is missing or wrong."""

    code = "otp_required"
    sentence = _("Enter the code that your authenticator app shows.")


class ForbiddenError(RefusedError):
    status, code = 403, "forbidden"
    sentence = _("This is not allowed with your credentials.")


class NotFoundError(RefusedError):
    status, code = 404, "not_found"
    sentence = _("The requested resource was not found.")


class ManagerNotFoundError(RefusedError):
    status, code = 404, "manager_not_found"
    sentence = _("There is no such manager.")


class ContactNotFoundError(RefusedError):
    status, code = 404, "contact_not_found"
    sentence = _("There is no such contact.")


class ChatNotFoundError(RefusedError):
    status, code = 404, "chat_not_found"
    sentence = _("There is no such chat.")


class AreaNotFoundError(RefusedError):
    status, code = 404, "area_not_found"
    sentence = _("There is no such area.")


class OperatorNotFoundError(RefusedError):
    status, code = 404, "operator_not_found"
    sentence = _("There is no such operator.")


class MethodNotAllowedError(RefusedError):
    """The method is not allowed; `allowed` lists the methods that are."""

    status, code = 405, "method_not_allowed"
    sentence = _("This URL does not accept this method.")

    def __init__(self, allowed: list[str]) -> None:
        super().__init__()
        self.allowed = allowed


class ManagerExistsError(RefusedError):
    status, code = 409, "manager_exists"
    sentence = _("The number, page or port already belongs to a manager.")


class AlreadyAnsweredError(RefusedError):
    status, code = 409, "already_answered"
    sentence = _("Another operator is already answering this contact.")


class AlreadyOpenError(RefusedError):
    status, code = 409, "already_open"
    sentence = _("This contact has an open chat already.")


class AlreadySentError(RefusedError):
    status, code = 409, "already_sent"
    sentence = _("This message was already sent, or its time has passed.")


class TooLateError(RefusedError):
    status, code = 409, "too_late"
    sentence = _("This chat was closed too long ago to be reopened.")


class AmbiguousContactError(RefusedError):
    status, code = 409, "ambiguous_contact"
    sentence = _(
        "More than one contact matches; send the manager's number or page too."
    )


class PageTakenError(RefusedError):
    status, code = 409, "page_taken"
    sentence = _("This page belongs to another manager.")


class NumberTakenError(RefusedError):
    status, code = 409, "number_taken"
    sentence = _("This number belongs to another manager.")


class NotFailedError(RefusedError):
    status, code = 409, "not_failed"
    sentence = _("Only a failed message can be sent again.")


class BodyTooLargeError(RefusedError):
    status, code = 413, "body_too_large"
    sentence = _("The body is larger than this call accepts.")


class UnsupportedMediaTypeError(RefusedError):
    status, code = 415, "unsupported_media_type"
    sentence = _("Send application/json or application/x-www-form-urlencoded.")


class IdempotencyMismatchError(RefusedError):
    status, code = 422, "idempotency_mismatch"
    sentence = _("This Idempotency-Key was already used with other fields.")


class ThrottledError(RefusedError):
    """Too many requests; `retry_after` is in whole seconds."""

    status, code = 429, "throttled"
    sentence = _("Too many attempts; wait a moment.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class UnavailableError(RefusedError):
    """The service is unavailable for now; `retry_after` is in whole seconds."""

    status, code = 503, "unavailable"
    sentence = _("The service is not available right now; try again.")

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__()
        self.retry_after = retry_after


class LackingError(Exception):
    """A readiness check found something missing; the message says what."""
