"""The managers' chapter of the back-office."""

from managers.admin import keys, managers, staff

__all__ = ["keys", "managers", "staff"]
