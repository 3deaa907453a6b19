"""The admin pages of managers, API keys and staff."""

from managers.admin import keys, managers, staff

__all__ = ["keys", "managers", "staff"]
