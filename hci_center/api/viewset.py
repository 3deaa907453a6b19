"""The base viewset of all API operations, from the request to the response.

Routes and schema are DRF's; dispatching is implemented here. There is one response
format and there are two body formats, so nothing is negotiated. The order of the checks
follows the contract ("Rules for every call").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.datastructures import MultiValueDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.viewsets import ViewSet

from hci_center.api.deferred import ResponseContext
from hci_center.api.envelope import answer, render, success
from hci_center.api.idempotency import Call, answer_once, read_key
from hci_center.api.request_parsing import refuse_large, sent_fields
from hci_center.api.request_schema import Body, Fields
from hci_center.callers import Caller, Role
from hci_center.errors import (
    ForbiddenError,
    MethodNotAllowedError,
    NotAuthenticatedError,
    RefusedError,
)

SMALL_BODY = 2 * 2**20
FILE_BODY = 40 * 2**20
SAFE_METHODS = ("GET", "HEAD")

Action = TypeVar("Action", bound=Callable[..., Any])


class NoFields(Body):
    """A request without fields."""


class Operation:
    """The declaration of an operation."""

    def __init__(
        self,
        body: type[Body] = NoFields,
        *,
        closed_to: tuple[Role, ...] = (),
        open_to_auditors: bool = False,
        unbound_only: bool = False,
        body_limit: int = SMALL_BODY,
        anonymous: bool = False,
        repeatable: bool = True,
        prepare: Callable[[Fields], AbstractContextManager[None]] | None = None,
        reads: bool = False,
    ) -> None:
        self.body = body
        self.closed_to = closed_to
        self.open_to_auditors = open_to_auditors
        self.unbound_only = unbound_only
        self.body_limit = body_limit
        self.anonymous = anonymous
        self.repeatable = repeatable
        self.prepare = prepare
        self.reads = reads

    def is_closed_to(self, caller: Caller) -> bool:
        """Returns whether the caller gets 403 whatever the request contains."""
        if caller.role == "auditor" and not self.open_to_auditors:
            return True
        bound = caller.managers is not None
        return caller.role in self.closed_to or (self.unbound_only and bound)


def operation(
    body: type[Body] = NoFields, **declared: Any
) -> Callable[[Action], Action]:
    """Declares an action as an operation of the API.

    closed_to: roles that get 403. open_to_auditors: auditors get 403 without it.
    unbound_only: 403 for callers restricted to some managers. body_limit: bytes.
    anonymous: needs no caller. repeatable: whether an Idempotency-Key is used. reads:
    the operation changes nothing, so its response is not stored and a repeat reads
    again. prepare: a context manager entered with the fields before the transaction of
    a call with a key; it undoes its work on failure.
    """

    def declare(action: Action) -> Action:
        action.operation = Operation(body, **declared)  # type: ignore[attr-defined]
        return action

    return declare


class ContractViewSet(ViewSet):
    """A resource of the API. An action takes the fields and returns plain data.

    Actions are declared with `operation`; path parameters are keyword arguments.
    `self.caller` is set unless an anonymous call has no caller.
    """

    # Used only for the schema: `dispatch` parses and renders by itself.
    parser_classes = [JSONParser, FormParser]
    renderer_classes = [JSONRenderer]

    request: HttpRequest  # type: ignore[assignment]
    caller: Caller
    action_map: dict[str, str]

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        action = self._action(request)
        declared: Operation = action.operation  # type: ignore[attr-defined]
        refuse_large(request, declared.body_limit)
        caller = identify(request)
        if caller is not None:
            self.caller = caller
            request.caller = caller  # type: ignore[attr-defined]
        elif not declared.anonymous:
            raise NotAuthenticatedError
        if request.method not in SAFE_METHODS and not (caller and caller.is_key):
            require_csrf_token(request)
        if caller is not None and (
            declared.is_closed_to(caller)
            or (request.method == "DELETE" and not caller.deletes)
        ):
            raise ForbiddenError
        sent = sent_fields(request)

        key = None
        if declared.repeatable and request.method not in SAFE_METHODS:
            key = read_key(request.META.get("HTTP_IDEMPOTENCY_KEY"))
        if key is None or caller is None:
            status, payload = 200, success(action(declared.body.read(sent), **kwargs))
        else:
            path = request.path_info.removesuffix("/")
            call = Call(caller.credential, request.method or "", path, key)
            with _prepared(declared, sent) as fields:
                status, payload = answer_once(
                    call,
                    caller,
                    sent,
                    lambda: action(fields(), **kwargs),
                    is_stored=not declared.reads,
                )
        return self.finish(
            answer(status, render(payload, ResponseContext(request, caller)))
        )

    def finish(self, response: HttpResponse) -> HttpResponse:
        """Returns the final response; overridden by operations that set cookies."""
        return response

    def _action(self, request: HttpRequest) -> Callable[[Fields], Any]:
        method = (request.method or "").lower()
        name = self.action_map.get("get" if method == "head" else method)
        if name is None:
            raise MethodNotAllowedError([verb.upper() for verb in self.action_map])
        action: Callable[[Fields], Any] = getattr(self, name)
        return action


@contextmanager
def _prepared(
    declared: Operation, sent: Mapping[str, Any]
) -> Iterator[Callable[[], Fields]]:
    """Yields a function that returns the fields of a call with an Idempotency-Key.

    Invalid fields raise only when they are read: a key used with other fields has to be
    reported first.
    """
    if declared.prepare is None:
        yield lambda: declared.body.read(sent)
        return
    try:
        fields = declared.body.read(sent)
    except RefusedError:
        yield lambda: declared.body.read(sent)
        return
    with declared.prepare(fields):
        yield lambda: fields


@cache
def _caller_sources() -> list[Callable[[HttpRequest], Caller | None]]:
    return [import_string(path) for path in settings.CALLER_SOURCES]


def identify(request: HttpRequest) -> Caller | None:
    """Returns the caller from the first source that recognises the request.

    Raises NotAuthenticatedError for an invalid credential.
    """
    for source in _caller_sources():
        caller = source(request)
        if caller is not None:
            return caller
    return None


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        raise ForbiddenError(_("The X-CSRFToken header is missing or wrong."))


def require_csrf_token(request: HttpRequest) -> None:
    """Raises ForbiddenError unless X-CSRFToken matches the cookie."""
    # The token is read from the header only: the form is never parsed for it.
    request._post = QueryDict()  # type: ignore[attr-defined]
    request._files = MultiValueDict()  # type: ignore[attr-defined]
    check = _CsrfCheck(lambda _request: HttpResponse())
    check.process_request(request)
    check.process_view(request, HttpResponse, (), {})
