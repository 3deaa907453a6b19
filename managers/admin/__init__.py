"""The managers' chapter of the back-office."""

from managers.admin import keys, managers, people

__all__ = ["keys", "managers", "people"]
