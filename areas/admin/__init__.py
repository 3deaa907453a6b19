"""The areas' chapter of the back-office."""

from areas.admin import areas, operators

__all__ = ["areas", "operators"]
