"""The LOGGING setting."""

from __future__ import annotations

from typing import Any

LOGGERS: dict[str, Any] = {
    # A refused request is a normal response, not an error of the server.
    "django.request": {"level": "ERROR"},
    "security": {"handlers": ["security"], "propagate": False},
    # Django's own events: a foreign Host, forged lookups in the admin.
    "django.security": {"handlers": ["security"], "propagate": False},
    # It logs a long message each second while Redis is down; the relay logs it once.
    "channels_redis.pubsub": {"level": "CRITICAL"},
}


def logging_settings(log_format: str) -> dict[str, Any]:
    """Returns the configuration of all loggers for `text` or `json`.

    Formatters are named, not imported: settings are read before the applications are.
    """
    is_json = log_format == "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "hci_center.database.log_lines.WithoutValues",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
            "one_line": {"()": "hci_center.security.SingleLineFormatter"},
            "json": {"()": "hci_center.logs.lines.Lines"},
        },
        "filters": {"limited": {"()": "hci_center.security.LimitedEvents"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if is_json else "line",
            },
            # Events that anybody can cause: one line each, rate-limited.
            "security": {
                "class": "logging.StreamHandler",
                "formatter": "json" if is_json else "one_line",
                "filters": ["limited"],
            },
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": LOGGERS,
    }
