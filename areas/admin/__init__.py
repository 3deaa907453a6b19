"""The admin pages of areas and operators."""

from areas.admin import areas, operators

__all__ = ["areas", "operators"]
