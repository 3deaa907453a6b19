"""Managers, the companies: their supervisors, webhook secrets and API keys."""

from managers.models.api_keys import ApiKey, ApiKeyQuerySet, KeyDay
from managers.models.managers import (
    Manager,
    ManagerQuerySet,
    Supervision,
    WebhookSecret,
)

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "KeyDay",
    "Manager",
    "ManagerQuerySet",
    "Supervision",
    "WebhookSecret",
]
