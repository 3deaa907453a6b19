"""Reports errors to a Sentry-compatible server, if HCI_SENTRY_DSN is set.

An event only contains what is listed here: the type of the error, locations in the
code, and ids. Nothing that was sent, stored or computed is reported.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import get_contextvars

from hci_center.audit.actor import current_request
from hci_center.request_ids import KEY

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_OF_EVENT = (
    *("event_id", "timestamp", "platform", "level", "logger", "environment"),
    *("release", "server_name", "sdk"),
)
_OF_EXCEPTION = ("type", "module", "mechanism")
_OF_FRAME = (
    *("filename", "abs_path", "function", "module", "lineno", "in_app"),
    *("context_line", "pre_context", "post_context"),
)

_NO_DATA: dict[str, Any] = {
    # The name of `send_default_pii=False` from this version on.
    "data_collection": {
        "user_info": False,
        "http_bodies": [],
        "database_query_data": False,
        "stack_frame_variables": False,
    },
    "include_local_variables": False,
    "max_request_body_size": "never",
    "max_breadcrumbs": 0,
    "auto_session_tracking": False,
    "send_client_reports": False,
}


def start(**more: Any) -> None:
    """Starts reporting in this process; does nothing without a DSN.

    Raises ImproperlyConfigured if the library is missing or the DSN is none.
    """
    dsn: str = settings.SENTRY_DSN
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations import excepthook, threading
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ImportError:
        raise ImproperlyConfigured(
            "HCI_SENTRY_DSN needs: pip install -r requirements-sentry.txt"
        ) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=settings.SENTRY_ENVIRONMENT or None,
            # Django's and others' integrations read requests and statements.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                excepthook.ExcepthookIntegration(),
                threading.ThreadingIntegration(propagate_scope=False),
            ],
            before_send=reduced,
            **_NO_DATA,
            **more,
        )
    except ValueError:
        raise ImproperlyConfigured(
            "HCI_SENTRY_DSN is no DSN; it must look like https://key@host/number."
        ) from None


def reduced(event: Event, hint: Hint) -> Event | None:
    """Returns the event with types, places and ids only."""
    given: dict[str, Any] = dict(event)
    sent: dict[str, Any] = _only(given, _OF_EVENT)
    record = hint.get("log_record")
    if record is not None:
        # The text before its values are filled in.
        sent["logentry"] = {"message": str(record.msg)}
    values = (given.get("exception") or {}).get("values") or []
    if values:
        sent["exception"] = {"values": [_exception(value) for value in values]}
    request = current_request()
    if request is not None:
        match = getattr(request, "resolver_match", None)
        sent["tags"] = {"request_id": request.META.get(KEY, "")}
        sent["transaction"] = f"/{match.route}" if match else ""
    sent["extra"] = get_contextvars()
    return sent  # type: ignore[return-value]


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    sent = _only(value, _OF_EXCEPTION)
    frames = (value.get("stacktrace") or {}).get("frames") or []
    sent["stacktrace"] = {"frames": [_only(frame, _OF_FRAME) for frame in frames]}
    return sent


def _only(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
